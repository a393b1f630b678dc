// Where a handler's AWS SDK is sent, and who may say otherwise.
import { afterEach, expect, test, vi } from 'vitest';
import { stageSecretText } from '../../../protocol/test/stage-secrets.ts';
import { createStubRole } from '../../src/cloud/aws-api/access.ts';
import { stubEnvironment } from '../../src/cloud/lambda/stub-environment.ts';
import { deployed } from './test-cloud.ts';

const [local, kinesisUrl] = ['http://127.0.0.1:4000', 'http://127.0.0.1:4001'];
const place = {
  stage: 'local',
  tableName: 'live-debug-local',
  relayUrl: `${local}/live`,
  secret: stageSecretText,
  directoryUrl: local,
  endpointUrl: local,
  serviceUrls: { AWS_ENDPOINT_URL_KINESIS: kinesisUrl },
  role: createStubRole('live-debug-local', 'local'),
};

function endpoints(environment: Record<string, string> = {}) {
  const all = stubEnvironment(deployed('f', { environment }), place, 'log');
  return Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith('AWS_ENDPOINT_URL')));
}

afterEach(() => {
  vi.unstubAllEnvs();
});

test('to the local cloud, and for Kinesis to its port of both protocols', () => {
  expect(endpoints()).toEqual({ AWS_ENDPOINT_URL: local, AWS_ENDPOINT_URL_KINESIS: kinesisUrl });
});

test('elsewhere where livectl was told so, and elsewhere again where the function is', () => {
  vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://livectl:1');
  expect(endpoints()).toEqual({
    AWS_ENDPOINT_URL: local,
    AWS_ENDPOINT_URL_KINESIS: kinesisUrl,
    AWS_ENDPOINT_URL_S3: 'http://livectl:1',
  });
  expect(endpoints({ AWS_ENDPOINT_URL_S3: 'http://function:1' })).toMatchObject({
    AWS_ENDPOINT_URL_S3: 'http://function:1',
  });
});

test('all elsewhere means Kinesis, too', () => {
  expect(endpoints({ AWS_ENDPOINT_URL: 'http://function:1' })).toEqual({
    AWS_ENDPOINT_URL: 'http://function:1',
  });
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://livectl:1');
  expect(endpoints()).toEqual({ AWS_ENDPOINT_URL: 'http://livectl:1' });
});
