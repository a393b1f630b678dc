// Our signatures recomputed by botocore, AWS's own signer for Python: handshake, @connections and DynamoDB calls.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Signer } from '../signature.ts';

const script = join(dirname(fileURLToPath(import.meta.url)), 'botocore-sign.py');
const probe = spawnSync('python3', ['-c', 'import botocore']);
const missing = probe.status === 0 ? undefined : 'python3 with botocore is not on this machine';
if (missing !== undefined && process.env.CI) throw new Error(`under CI nothing may be skipped: ${missing}`);
if (missing !== undefined) process.stdout.write(`skipped: ${missing}\n`);

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const sessionToken = 'IQoJb3JpZ2luX2VjEXAMPLE+/=='.repeat(20);
const relay = 'https://abc123.execute-api.eu-west-1.amazonaws.com/live';
const dynamoDb = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.Query' };

const cases = [
  ['the handshake', 'execute-api', 'GET', relay, {}, ''],
  [
    'a post to an id that ends in =',
    'execute-api',
    'POST',
    `${relay}/@connections/${encodeURIComponent('L0SM9cOFIAMCIdw=')}`,
    {},
    'x',
  ],
  [
    'a post on a port of its own',
    'execute-api',
    'POST',
    'http://127.0.0.1:4001/live/@connections/a%3D',
    {},
    '{"v":1}\nAAAA',
  ],
  [
    'a DynamoDB call',
    'dynamodb',
    'POST',
    'https://dynamodb.eu-west-1.amazonaws.com/',
    dynamoDb,
    '{"TableName":"t"}',
  ],
  [
    'a Lambda Invoke by ARN',
    'lambda',
    'POST',
    `https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/${encodeURIComponent('arn:aws:lambda:eu-west-1:123456789012:function:f')}/invocations`,
    { 'content-type': 'application/json' },
    '{"ü":"€"}',
  ],
  [
    'GetCallerIdentity',
    'sts',
    'POST',
    'https://sts.eu-west-1.amazonaws.com/',
    { 'content-type': 'application/x-www-form-urlencoded' },
    'Action=GetCallerIdentity&Version=2011-06-15',
  ],
] as const;

test.skipIf(missing !== undefined).each(cases)('%s', (_name, service, method, url, headers, body) => {
  const now = Date.UTC(2026, 10, 22, 17, 0, 0);
  const region = 'eu-west-1';
  for (const token of [undefined, sessionToken]) {
    const ours = new Signer({ service, region }).sign(
      { method, url: new URL(url), headers, body },
      { ...credentials, sessionToken: token },
      now,
    );
    const input = JSON.stringify({
      ...credentials,
      sessionToken: token,
      service,
      region,
      method,
      url,
      headers,
      body,
      now,
    });
    const { stdout, stderr } = spawnSync('python3', [script], { input: `${input}\n`, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(ours.authorization).toBe(stdout.trim());
  }
});
