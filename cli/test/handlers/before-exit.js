// Listeners of its own for the event that Lambda's client waits for.
process.on('beforeExit', () => process.nextTick(() => console.log('next tick')));
exports.handler = (_event, _context, callback) => callback(null, 'after the event loop');
