// Synchronously, as a handler with a callback does.
exports.handler = (event) => {
  throw event === 'undefined' ? undefined : event;
};
