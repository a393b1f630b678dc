exports.handler = (_event, _context, _callback) => {};
