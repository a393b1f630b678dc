exports.handler = async () => `from ${__filename.split('/').slice(-3).join('/')}`;
