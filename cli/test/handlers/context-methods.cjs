exports.handler = ({ method, argument }, context) => context[method](...argument);
