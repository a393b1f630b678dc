// An invocation that asks for the deployed code, and its client context without that request.
import { expect, it } from 'vitest';
import { deployedClientContext, takeDeployedRequest } from '../deployed-request.ts';

it('is recognized from the client context that livectl writes, of which nothing is left', () => {
  expect(takeDeployedRequest(deployedClientContext)).toEqual({ isDeployed: true, clientContext: undefined });
});

it('fits into Lambda’s header', () => {
  // https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (ClientContext)
  expect(Buffer.from(deployedClientContext).toString('base64').length).toBeLessThan(3583);
});

it.each([
  ['other entries', { custom: { LIVE_DEBUG_DEPLOYED: 'true', a: '1' } }, { custom: { a: '1' } }],
  ['other parts', { client: { id: 1 }, custom: { LIVE_DEBUG_DEPLOYED: '1' } }, { client: { id: 1 } }],
])('leaves %s to the function', (_name, given, left) => {
  const { clientContext, isDeployed } = takeDeployedRequest(JSON.stringify(given));
  expect(isDeployed).toBe(true);
  expect(JSON.parse(clientContext ?? '')).toEqual(left);
});

it.each([
  undefined,
  '',
  '{}',
  '{ "custom" : { "a": 1 } }',
  '{"LIVE_DEBUG_DEPLOYED":"true"}',
  '{"env":{"LIVE_DEBUG_DEPLOYED":"true"}}',
  '{"custom":"LIVE_DEBUG_DEPLOYED"}',
  '{"custom":["LIVE_DEBUG_DEPLOYED"]}',
  '{"custom":{"a":"LIVE_DEBUG_DEPLOYED"}}',
  '{"custom":{"LIVE_DEBUG_DEPLOYED":',
  'null',
])('leaves every other client context as it is: %j', (text) => {
  expect(takeDeployedRequest(text)).toEqual({ isDeployed: false, clientContext: text });
});
