exports.handler = () => ({ returned: 'without a promise' });
