export const handler = async ({ code, signal }) => {
  console.log('last words');
  if (signal !== undefined) process.kill(process.pid, signal);
  else process.exit(code);
  return new Promise((resolve) => setTimeout(resolve, 10_000));
};
