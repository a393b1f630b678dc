// Answers well, and then keeps its process from asking for the next invocation.
export const handler = async () => {
  setImmediate(() => {
    console.log('blocking');
    for (;;) {}
  });
  return 'answered';
};
