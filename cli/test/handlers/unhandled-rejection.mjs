export const handler = () => {
  Promise.reject(new Error('nobody catches this'));
  return new Promise((resolve) => setTimeout(resolve, 1000));
};
