export const handler = async ({ lines }) => {
  for (let line = 0; line < lines; line += 1) console.log(`line ${line} ${'x'.repeat(100)}`);
  process.exit(5);
};
