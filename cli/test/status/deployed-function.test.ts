import { expect, test } from 'vitest';
import type { FunctionConfiguration } from '../../src/aws/function-variables.ts';
import { deployedFunction } from '../../src/status/deployed-function.ts';
import type { ExpectedStub } from '../../src/status/expected-stub.ts';

const stubCode = 'c3R1Yg==';
const variables = {
  CURRENCY: 'EUR',
  LIVE_DEBUG_STAGE: 'dev',
  LIVE_DEBUG_FUNCTION: 'orders',
  LIVE_DEBUG_TABLE: 'live-debug-dev',
  LIVE_DEBUG_RELAY: 'https://a.execute-api.eu-west-1.amazonaws.com/live',
  LIVE_DEBUG_SECRET: 's3cret',
};
const stub: FunctionConfiguration = {
  codeSha256: stubCode,
  handler: 'index.handler',
  runtime: 'nodejs22.x',
  layers: [],
  variables,
  updateStatus: 'Successful',
  updateReason: '',
};
const own = { ...stub, codeSha256: 'b3du', handler: 'app.handler', variables: { CURRENCY: 'EUR' } };
const expected: ExpectedStub = {
  stage: 'dev',
  name: 'orders',
  table: 'live-debug-dev',
  relayUrl: variables.LIVE_DEBUG_RELAY,
  wrap: undefined,
  wrapperLayer: undefined,
  codeSha256: stubCode,
};
const layer = 'arn:aws:lambda:eu-west-1:123456789012:layer:live-debug-dev-wrapper';
const vendor = 'arn:aws:lambda:eu-west-1:123456789012:layer:otel-wrapper:2';
const wrap = { execWrapper: undefined, init: 'eager' } as const;
const toWrap: ExpectedStub = { ...expected, wrap, wrapperLayer: `${layer}:7` };
const wrapped = {
  ...own,
  layers: [vendor, `${layer}:7`],
  variables: { ...variables, AWS_LAMBDA_EXEC_WRAPPER: '/opt/live-debug' },
};
const older = { ...expected, codeSha256: undefined };

test.each([
  ['a stub', stub, expected, 'stub', ''],
  [
    'the stub of a newer module, by its manifest',
    { ...stub, codeSha256: 'bmV3' },
    { ...expected, codeSha256: 'bmV3' },
    'stub',
    '',
  ],
  [
    'the stub of an older module, whose manifest doesn’t say',
    { ...stub, codeSha256: 'b2xk' },
    older,
    'stub',
    '',
  ],
  ['a stub without a stage', stub, undefined, 'stub', ''],
  ['its own package', own, undefined, 'own', ''],
  ['its own package, in a stage', own, expected, 'own', 'none of the stub’s variables'],
  [
    'stub code left behind',
    { ...own, codeSha256: stubCode },
    undefined,
    'half',
    'variables are missing: LIVE_DEBUG_STAGE',
  ],
  [
    'its own code with the stub’s configuration',
    { ...stub, codeSha256: 'b3du' },
    expected,
    'half',
    'its package is not the stub’s',
  ],
  [
    'the same, without a stage',
    { ...stub, codeSha256: 'b3du', handler: 'app.handler' },
    undefined,
    'half',
    'its handler is "app.handler"',
  ],
  [
    'a runtime that the stub can’t run on',
    { ...stub, runtime: 'python3.13' },
    expected,
    'half',
    '"python3.13", but the stub needs Node',
  ],
  [
    'a stub of another stage',
    { ...stub, variables: { ...variables, LIVE_DEBUG_STAGE: 'ada' } },
    expected,
    'other',
    'LIVE_DEBUG_STAGE is "ada"',
  ],
  [
    'a relay that is gone',
    stub,
    { ...expected, relayUrl: 'https://b/live' },
    'other',
    'the stage’s "https://b/live"',
  ],
  [
    'layers',
    { ...stub, layers: ['arn:aws:lambda:eu-west-1:1:layer:a:1'] },
    expected,
    'stub',
    'it has 1 layers',
  ],
  ['a wrapped function', wrapped, toWrap, 'wrapped', ''],
  ['a wrapped function without a stage', wrapped, undefined, 'wrapped', ''],
  ['a function that is to be wrapped', own, toWrap, 'unwrapped', 'it lacks the layer of the wrapper'],
  [
    'the script without the layer',
    { ...wrapped, layers: [vendor] },
    toWrap,
    'half',
    'it lacks the layer of the wrapper, so Lambda can’t start it',
  ],
  [
    'the same, without a stage',
    { ...wrapped, layers: [] },
    undefined,
    'half',
    'it lacks the layer of the wrapper, so Lambda can’t start it',
  ],
  [
    'the layer without the variables',
    { ...own, layers: wrapped.layers },
    toWrap,
    'unwrapped',
    'LIVE_DEBUG_RELAY, LIVE_DEBUG_SECRET; its AWS_LAMBDA_EXEC_WRAPPER is not set, so nothing starts',
  ],
  [
    'a layer left behind, without a stage',
    { ...own, layers: wrapped.layers },
    undefined,
    'unwrapped',
    'its AWS_LAMBDA_EXEC_WRAPPER is not set',
  ],
  ['a vendor’s layer, without a stage', { ...own, layers: [vendor] }, undefined, 'own', ''],
  [
    'a wrapper without its variables',
    { ...own, layers: wrapped.layers, variables: { AWS_LAMBDA_EXEC_WRAPPER: '/opt/live-debug' } },
    undefined,
    'unwrapped',
    'these variables of the wrapper are missing: LIVE_DEBUG_STAGE',
  ],
  [
    'a wrapper script of the function that was merged last',
    { ...wrapped, variables: { ...wrapped.variables, AWS_LAMBDA_EXEC_WRAPPER: '/opt/otel-handler' } },
    toWrap,
    'unwrapped',
    'its AWS_LAMBDA_EXEC_WRAPPER is "/opt/otel-handler", not /opt/live-debug',
  ],
  [
    'a wrapper script of the function that is not run',
    wrapped,
    { ...toWrap, wrap: { ...wrap, execWrapper: '/opt/otel-handler' } },
    'other',
    'its LIVE_DEBUG_EXEC_WRAPPER is not set, and the stage’s exec_wrapper "/opt/otel-handler"',
  ],
  [
    'an older layer of the wrapper',
    { ...wrapped, layers: [`${layer}:6`] },
    toWrap,
    'other',
    `its layer of the wrapper is ${layer}:6, and the stage’s ${layer}:7`,
  ],
  [
    'any layer of the wrapper, where an older module does not say which',
    { ...wrapped, layers: [`${layer}:6`] },
    { ...toWrap, wrapperLayer: undefined },
    'wrapped',
    '',
  ],
  [
    'a Python function without the name of the stub beside it',
    { ...wrapped, runtime: 'python3.13' },
    toWrap,
    'unwrapped',
    'these variables of the wrapper are missing: LIVE_DEBUG_STUB_FUNCTION',
  ],
  [
    'one wrapped for another stage',
    {
      ...wrapped,
      layers: ['arn:aws:lambda:eu-west-1:123456789012:layer:live-debug-prod-wrapper:7'],
      variables: { ...wrapped.variables, LIVE_DEBUG_STAGE: 'prod', LIVE_DEBUG_TABLE: 'live-debug-prod' },
    },
    toWrap,
    'other',
    'its LIVE_DEBUG_STAGE is "prod"',
  ],
  ['one that the stage replaces', wrapped, expected, 'other', 'it is wrapped, and the stage replaces it'],
  ['a stub where the stage wraps', stub, toWrap, 'other', 'it is a stub, and the stage wraps it'],
  [
    'an update that failed',
    { ...own, updateStatus: 'Failed', updateReason: 'no role\nat all' },
    undefined,
    'own',
    'its last update failed: no role',
  ],
  ['an update that goes on', { ...own, updateStatus: 'InProgress' }, expected, 'updating', ''],
] as const)('%s', (_what, configuration, stage, state, problem) => {
  const found = deployedFunction('orders-dev', configuration, stubCode, stage);
  expect(found.state).toBe(state);
  expect(JSON.stringify(found)).not.toContain('s3cret');
  if (problem === '') expect(found.problems).toEqual([]);
  else {
    expect(found.problems.join('; ')).toContain(problem);
    expect(found.remedy).toBeDefined();
  }
});
