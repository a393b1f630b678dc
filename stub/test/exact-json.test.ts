// Events and answers pass the built stub byte for byte: as the runtime got them, as the client sent them.
import { describe, expect, it } from 'vitest';
import type { Message } from '../../protocol/message.ts';
import { useWorld } from './harness/world.ts';

const world = useWorld();

/** JSON whose meaning or spelling parsing and encoding again would change. */
const texts: readonly (readonly [string, string])[] = [
  ['whole numbers beyond 2^53', '{"id":12345678901234567890,"list":[9007199254740993]}'],
  ['decimals of more digits than a double has', '{"price":0.1000000000000000055511151231257827,"one":1.0}'],
  ['keys in an order of their own, twice', '{"2":"b","1":"a","1":"c","__proto__":{"x":1}}'],
  ['white space', ' {\n\t"a" : [ 1 , 2 ]\r\n}\n'],
  ['escapes and surrogate pairs', '{"a":"\\u00e9\\/\\ud83d\\ude00","b":"é😀","lone":"\\ud83d"}'],
  ['a number alone', '12345678901234567890'],
  ['a string alone', '"\\u0041"'],
  ['null', 'null'],
  ['nothing in it', '{}'],
  ['binary in base64', `{"isBase64Encoded":true,"body":"${Buffer.alloc(4096, 255).toString('base64')}"}`],
];

describe('JSON', () => {
  it.each(texts)('of %s arrives as it was', async (_kind, text) => {
    const client = await world.serve();
    const lambda = await world.lambda();
    const outcome = lambda.invokeText(text);
    const invoke = await client.next('invoke');
    expect(Buffer.from(invoke.message.body).toString()).toBe(text);
    await client.answer(invoke, text);
    expect(await outcome).toEqual({ is: 'outcome', ok: true, text });
  });

  it('of one invocation is not passed to the next', async () => {
    const client = await world.serve();
    const lambda = await world.lambda();
    for (const text of ['1.0', '1', '{"a":1.0}', '{"a":1}']) {
      const outcome = lambda.invokeText(text);
      const invoke = await client.next('invoke');
      expect(Buffer.from(invoke.message.body).toString()).toBe(text);
      await client.answer(invoke, '"ok"');
      await outcome;
    }
  });

  it('that is the client context is passed on unchanged', async () => {
    const client = await world.serve();
    const lambda = await world.lambda();
    const outcome = lambda.invokeText('{}', { clientContext: '{"custom": {"id":12345678901234567890}}' });
    const invoke = await client.next('invoke');
    expect((invoke.message as Message<'invoke'>).head.clientContext).toBe(
      '{"custom": {"id":12345678901234567890}}',
    );
    await client.answer(invoke, '1');
    await outcome;
  });
});
