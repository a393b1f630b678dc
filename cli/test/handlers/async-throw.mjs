class PaymentError extends Error {
  name = 'PaymentError';
}
export const handler = async () => {
  await null;
  throw new PaymentError('thrown later: ümläut');
};
