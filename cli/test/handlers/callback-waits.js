// The answer must wait for the timer, which changes it.
exports.handler = (_event, _context, callback) => {
  const answer = { finished: false };
  setTimeout(() => {
    answer.finished = true;
  }, 50);
  callback(null, answer);
};
