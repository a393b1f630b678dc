// Answers well, and leaves a rejection behind that nobody handles.
const fail = async () => {
  throw new Error('left behind');
};
export const handler = async ({ bytes }) => {
  fail();
  return 'x'.repeat(bytes);
};
