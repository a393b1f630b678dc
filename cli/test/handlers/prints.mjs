console.log('in the init phase');
export const handler = async () => {
  console.log('hello %s', 'ada', { nested: { deep: [1] } });
  console.warn('two\nlines');
  console.error(new Error('printed'));
  console.debug('details');
  console.trace('traced');
  console.fatal('the end');
  process.stdout.write('plain\n');
  process.stdout.write('unfinished ünïcödé');
  return 'printed';
};
