// The promise settles first; the callback comes too late.
export const handler = async (_event, _context, callback) => {
  setTimeout(() => callback(null, 'by callback'), 5);
  return 'by promise';
};
