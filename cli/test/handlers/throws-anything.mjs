import { runInNewContext } from 'node:vm';

class NamedError extends Error {
  name = 'NamedError';
}
const refuse = () => {
  throw new Error('no');
};
const circularCause = new Error('its cause is itself');
circularCause.cause = circularCause;

const things = {
  string: () => 'just a string',
  number: () => 7,
  object: () => ({ code: 42 }),
  null: () => null,
  undefined: () => undefined,
  symbol: () => Symbol('mark'),
  function: () => function named() {},
  'no prototype': () => Object.create(null),
  'getter that throws': () => Object.defineProperty(new Error('hidden'), 'name', { get: refuse }),
  'proxy that refuses': () => new Proxy(new Error('inside'), { get: refuse, getPrototypeOf: refuse }),
  'like an error': () => ({ name: 'Made', message: 'by hand', stack: 'Made: by hand\n    at here' }),
  'of another realm': () => runInNewContext('new RangeError("elsewhere")'),
  'no stack': () => Object.assign(new Error('stackless'), { stack: undefined }),
  'number as message': () => Object.assign(new Error(), { message: 42 }),
  'delete character': () =>
    Object.assign(new NamedError('a\u007fb'), { name: 'Name\u007f', stack: 'x\u007f' }),
  'line breaks in the name': () => Object.assign(new Error('ok'), { name: 'Bad\r\nX-Header: 1' }),
  'more fields': () => Object.assign(new NamedError('with fields'), { code: 'E_FIELDS', status: 418 }),
  frozen: () => Object.freeze(new NamedError('frozen')),
  'circular cause': () => circularCause,
  'with causes': () => new Error('no', { cause: new TypeError('why', { cause: 'deeper' }) }),
  aggregate: () => new AggregateError([new Error('one'), new Error('two')], 'both failed'),
  huge: () => new Error('m'.repeat(1024 * 1024)),
};
export const handler = async ({ thing }) => {
  throw things[thing]();
};
