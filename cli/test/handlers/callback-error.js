exports.handler = (_event, _context, callback) => callback(new TypeError('called back with an error'));
