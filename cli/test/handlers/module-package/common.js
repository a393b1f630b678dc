exports.handler = async () => 'CommonJS in a module package';
