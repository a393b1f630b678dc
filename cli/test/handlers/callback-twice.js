exports.handler = (_event, context, callback) => {
  context.callbackWaitsForEmptyEventLoop = false;
  callback(null, 'first');
  callback(new Error('second'));
  context.succeed('third');
  throw new Error('fourth');
};
