// Answers by objects that are no promises but have a `then`.
exports.handler = (event) => {
  const answer = (resolve, reject) => {
    setTimeout(() => (event.rejects ? reject(new Error('rejected')) : resolve('answered')), 1);
  };
  const thens = {
    promise: (resolve, reject) => new Promise(answer).then(resolve, reject),
    'at once': (resolve) => resolve('at once'),
  };
  // biome-ignore lint/suspicious/noThenProperty: that is what is tried.
  return { then: thens[event.returns] ?? answer };
};
