// No static analysis finds this name.
module.exports = Object.fromEntries([['handler', async () => 'from CommonJS']]);
