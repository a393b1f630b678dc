exports.handler = (_event, context, callback) => {
  context.callbackWaitsForEmptyEventLoop = false;
  const answer = { finished: false };
  setTimeout(() => {
    answer.finished = true;
  }, 50);
  callback(null, answer);
};
