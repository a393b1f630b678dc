class PaymentError extends Error {
  code = 'E_PAY';
}
const circular = { key: 'value' };
circular.self = circular;
export const handler = async () => {
  console.log({ order: 7, lines: [1, 2] });
  console.log('text with\na line break');
  console.log(undefined);
  console.log(10n);
  console.log(circular);
  console.log(new Map([[1, 2]]));
  console.warn({ outer: { inner: new PaymentError('declined') } });
  console.error(new PaymentError('alone'));
  console.error('it failed:', new PaymentError('behind words'));
  console.error(new PaymentError('before words'), 'more');
  console.error('no stack:', Object.assign(new Error('bare'), { stack: undefined }));
  console.info('%s and %d', 'text', 42);
};
