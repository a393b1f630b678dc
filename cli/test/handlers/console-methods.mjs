const failure = () => {
  throw new Error('no');
};
export const handler = async () => {
  console.log();
  console.log('%s is %d years and %i days, %j %o %%', 'ada', 36.5, 12.7, { a: 1 }, [1]);
  console.log(1, 'two', Symbol('three'), 4n, null, undefined);
  console.log(new Error('outer', { cause: new TypeError('inner') }));
  console.log({ nested: { deep: { deeper: { deepest: 1 } } } });
  console.table([{ id: 1, name: 'ada' }]);
  console.dir({ written: 'directly' });
  console.group('a group');
  console.log('is not indented');
  console.groupEnd();
  console.assert(true, 'unseen');
  console.assert(false, 'asserted %s', 'wrongly');
  console.count('things');
  console.trace('without a stack');
  process.stdout.write('raw to stdout\n');
  process.stderr.write('raw to stderr\n');
  try {
    console.log('%s', { toString: failure });
  } catch (error) {
    return error.message;
  }
  return 'printed';
};
