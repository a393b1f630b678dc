// Which process answered, and how often it did before.
let count = 0;
export const handler = async (event) => {
  count += 1;
  return { pid: process.pid, count, event };
};
