const circular = {};
circular.self = circular;
const results = {
  undefined,
  bigint: { amount: 10n },
  circular,
  'toJSON throws': {
    toJSON() {
      throw new Error('no');
    },
  },
  'what JSON can hold': [
    new Date(0),
    new Map([[1, 2]]),
    Number.NaN,
    undefined,
    { left: undefined, out: () => 1 },
    Buffer.from('é'),
  ],
  'large number': JSON.parse('[9007199254740993, 1e400]'),
};
export const handler = async (name) => results[name];
