require('a-package-nobody-installed');
exports.handler = async () => {};
