exports.default = async () => 'the default';
