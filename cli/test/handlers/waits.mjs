export const handler = async ({ ms }) => {
  console.log('waiting');
  await new Promise((resolve) => setTimeout(resolve, ms));
  return 'waited';
};
