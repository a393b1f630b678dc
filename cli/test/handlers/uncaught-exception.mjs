export const handler = () => {
  setTimeout(() => {
    throw new Error('thrown from a timer');
  });
  return new Promise((resolve) => setTimeout(resolve, 1000));
};
