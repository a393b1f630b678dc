export const handler = async () => {
  console.log('blocking');
  for (;;) {}
};
