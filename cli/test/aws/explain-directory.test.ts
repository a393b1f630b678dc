// What DynamoDB's refusals mean for the person at the terminal: one code, what and where, what to do.
import { expect, test } from 'vitest';
import { DirectoryRefusal } from '../../../protocol/directory.ts';
import { checkClock, explainDirectory } from '../../src/aws/explain-directory.ts';

const context = { stage: 'dev-tom', tableName: 'live-debug-dev-tom', region: 'eu-west-1', profile: 'dev' };

function explained(type: string, message: string): unknown {
  const refusal = new DirectoryRefusal('GetItem', context.tableName, type, message, undefined);
  return explainDirectory(refusal, context);
}

test.each([
  [
    'ResourceNotFoundException',
    'Requested resource not found',
    'LD_STAGE',
    'live-debug-dev-tom in eu-west-1',
    '--stage',
  ],
  [
    'AccessDeniedException',
    'User: arn:x is not authorized to perform: dynamodb:GetItem on resource: arn:y',
    'LD_PERMISSION',
    'dynamodb:GetItem on resource: arn:y',
    'developer_policy_json',
  ],
  [
    'ExpiredTokenException',
    'The security token included in the request is expired',
    'LD_CREDENTIALS',
    'expired',
    'aws sso login --profile dev',
  ],
  [
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
    'LD_CREDENTIALS',
    'invalid',
    'aws sso login --profile dev',
  ],
  [
    'InvalidSignatureException',
    'The request signature we calculated does not match',
    'LD_CREDENTIALS',
    'signature',
    'secret access key',
  ],
  [
    'InvalidSignatureException',
    'Signature expired: 20261122T100000Z is now earlier than 20261122T101500Z',
    'LD_CLOCK',
    'clock',
    'set the clock',
  ],
  [
    'InvalidSignatureException',
    'Signature not yet current: 20261122T103000Z is still later than 20261122T101500Z',
    'LD_CLOCK',
    'clock',
    'set the clock',
  ],
])('%s', (type, message, code, words, remedy) => {
  expect(explained(type, message)).toMatchObject({
    code,
    message: expect.stringContaining(words),
    remedy: expect.stringContaining(remedy),
  });
});

test('anything else is returned unchanged', () => {
  const refusal = new DirectoryRefusal('GetItem', 't', 'InternalServerError', 'oops', undefined);
  expect(explainDirectory(refusal, context)).toBe(refusal);
  const other = new Error('other');
  expect(explainDirectory(other, context)).toBe(other);
});

test.each([
  [0, undefined],
  [30_000, undefined],
  [-30_000, undefined],
  [31_000, '31 s behind AWS’s'],
  [-120_000, '120 s ahead of AWS’s'],
])('a clock that AWS’s is %i ms ahead of', (aheadMs, words) => {
  const check = () => checkClock(aheadMs);
  if (words === undefined) expect(check).not.toThrow();
  else
    expect(check).toThrow(
      expect.objectContaining({ code: 'LD_CLOCK', message: expect.stringContaining(words) }),
    );
});
