exports.handler = (event, _context, callback) => {
  setTimeout(() => callback(null, { called: 'back', event }), 5);
};
