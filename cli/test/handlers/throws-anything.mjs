const things = {
  string: 'just a string',
  object: { code: 42 },
  undefined,
  number: 7,
  trap: {
    get name() {
      throw new Error('no');
    },
  },
};
export const handler = async ({ thing }) => {
  throw things[thing];
};
