exports.handler = (_event, context, callback) => {
  context.callbackWaitsForEmptyEventLoop = false;
  const result = {};
  result.self = result;
  callback(null, result);
};
