// Where the relay of a stage may be.
import { expect, it } from 'vitest';
import { checkRelayUrl } from '../../src/manifest/relay-url.ts';

const check = (url: string, region = 'eu-west-1', isEmulated = false) =>
  checkRelayUrl('dev', url, { region, isEmulated });

it.each([
  ['wss://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/live', 'eu-west-1'],
  ['https://a1b2c3d4e5.execute-api.us-gov-west-1.amazonaws.com/live', 'us-gov-west-1'],
  ['wss://a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn/live', 'cn-north-1'],
])('%s is API Gateway’s', (url, region) => {
  expect(() => check(url, region)).not.toThrow();
});

it.each([
  'ws://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/live',
  'http://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/live',
  'wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/live',
  'wss://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com.evil.example/live',
  'wss://evil.example/a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com',
  'wss://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com@evil.example/live',
  'wss://user:x@a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/live',
  'wss://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com:8443/live',
  'wss://evil.a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/live',
  'wss://execute-api.eu-west-1.amazonaws.com/live',
  'wss://127.0.0.1/live',
  'file:///etc/passwd',
])('%s is not', (url) => {
  expect(() => check(url)).toThrow(expect.objectContaining({ code: 'LD_UNTRUSTED' }));
  expect(() => check(url, 'eu-west-1', true)).not.toThrow();
});
