export const handler = async () => {
  for (;;) process.stdout.write('all work and no play\n'.repeat(1000));
};
