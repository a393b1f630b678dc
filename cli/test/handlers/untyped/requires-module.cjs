const { handler } = require('./module.mjs');
exports.handler = handler;
