exports.handler = async () => '.js';
