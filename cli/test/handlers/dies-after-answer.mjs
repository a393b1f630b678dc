// Answers well, and crashes before the next invocation.
export const handler = async () => {
  setImmediate(() => setImmediate(() => process.exit(3)));
  return process.pid;
};
