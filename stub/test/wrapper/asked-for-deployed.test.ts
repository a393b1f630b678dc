// An invocation that asks for the deployed code: what of its headers the function's own runtime gets.
import { expect, it } from 'vitest';
import { askedForDeployed } from '../../src/wrapper/asked-for-deployed.ts';

const name = 'Lambda-Runtime-Client-Context';
const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

it.each([
  ['{"custom":{"LIVE_DEBUG_DEPLOYED":"true"}}', undefined],
  ['{"custom":{"LIVE_DEBUG_DEPLOYED":"true","who":"Zoë\u007f"}}', '{"custom":{"who":"Zoë\\u007f"}}'],
])('takes the request out of %j', (given, left) => {
  const rawHeaders = ['A', '1', name, bytes(given), 'B', '2'];
  expect(askedForDeployed({ rawHeaders })).toBe(true);
  const kept = left === undefined ? [] : [name, bytes(left)];
  expect(rawHeaders).toEqual(['A', '1', ...kept, 'B', '2']);
});

it.each([
  [['A', '1']],
  [['A', name, 'B', '{"custom":{"LIVE_DEBUG_DEPLOYED":"true"}}']],
  [[name, bytes('{ "custom": { "who": "Zoë" } }')]],
  [[name, 'LIVE_DEBUG_DEPLOYED']],
  [[]],
])('leaves other headers as they are: %j', (given) => {
  const rawHeaders = [...given];
  expect(askedForDeployed({ rawHeaders })).toBe(false);
  expect(rawHeaders).toEqual(given);
});
