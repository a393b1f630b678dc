exports.handler = async () => '.cjs';
