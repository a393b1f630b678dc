// What AWS's client can't log, by each way but a promise.
exports.handler = (event, context, callback) => {
  const symbol = Symbol('mark');
  if (event.how === 'throws') throw symbol;
  setTimeout(() => (event.how === 'fails' ? context.fail(symbol) : callback(symbol)), 1);
};
