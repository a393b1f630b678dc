export const handler = awslambda.streamifyResponse(async ({ first, how }, stream) => {
  if (first !== undefined) await new Promise((resolve) => stream.write(first, resolve));
  switch (how) {
    case 'throw':
      throw Object.assign(new RangeError('no more'), { name: 'OutOfChunks' });
    case 'long':
      throw new Error('x'.repeat(100_000));
    case 'too-late':
      return stream.setContentType('text/html');
    case 'destroy':
      stream.destroy();
      return;
    case 'after-end':
      stream.end();
      throw new Error('after the end');
    case 'uncaught':
      setImmediate(() => {
        throw new Error('not caught');
      });
      return new Promise(() => {});
    case 'exit':
      process.exit(7);
  }
});
