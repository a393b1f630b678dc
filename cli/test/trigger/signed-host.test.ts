// A signature carries a session token: it goes to AWS's hosts of the stage's Region, and to an emulator that was asked for.
import { describe, expect, it } from 'vitest';
import { checkSignedHost, type SignedService } from '../../src/trigger/sources/signed-host.ts';

const check =
  (url: string, service: SignedService, region = 'eu-west-1', isEmulated = false) =>
  () =>
    checkSignedHost(new URL(url), service, { region, isEmulated });

describe('is signed for', () => {
  it.each([
    ['https://a1b2.execute-api.eu-west-1.amazonaws.com/x', 'execute-api', 'eu-west-1'],
    ['https://a1b2.execute-api.cn-north-1.amazonaws.com.cn/', 'execute-api', 'cn-north-1'],
    ['https://abc.lambda-url.eu-west-1.on.aws/', 'lambda-url', 'eu-west-1'],
    ['https://abc.lambda-url.cn-north-1.on.amazonwebservices.com.cn/', 'lambda-url', 'cn-north-1'],
    ['http://127.0.0.1:3000/x', 'execute-api', 'us-east-1'],
  ] as const)('%s', (url, service, region) => {
    expect(check(url, service, region)).not.toThrow();
  });

  it('anything where an endpoint is set', () => {
    expect(check('http://moto:5000/', 'lambda-url', 'eu-west-1', true)).not.toThrow();
  });
});

describe('is not signed for', () => {
  it.each([
    ['http://a1b2.execute-api.eu-west-1.amazonaws.com/', 'execute-api'],
    ['https://a1b2.execute-api.eu-west-1.evil.example/', 'execute-api'],
    ['https://a1b2.execute-api.eu-west-1.amazonaws.com.evil.example/', 'execute-api'],
    ['https://evil.example/.execute-api.eu-west-1.amazonaws.com', 'execute-api'],
    ['https://a1b2.execute-api.us-east-1.amazonaws.com/', 'execute-api'],
    ['https://a1b2.execute-api.eu-west-1.amazonaws.com:8443/', 'execute-api'],
    ['https://127.0.0.1.evil.example/', 'execute-api'],
    ['https://abc.execute-api.eu-west-1.on.aws/', 'lambda-url'],
    ['https://abc.lambda-url.eu-west-1.on.aws.evil.example/', 'lambda-url'],
  ] as const)('%s', (url, service) => {
    expect(check(url, service)).toThrow(/is not https:\/\/ID\./);
  });
});
