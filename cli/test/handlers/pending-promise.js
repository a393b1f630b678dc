// Not an async function, though it returns a promise; that never settles.
exports.handler = () => new Promise(() => {});
