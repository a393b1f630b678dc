exports.handler = () => {
  throw new RangeError('thrown at once');
};
