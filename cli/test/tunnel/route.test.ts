// Which way a connection goes that reaches the proxy whatever it is for.
import { expect, test } from 'vitest';
import { parseAllow } from '../../../protocol/tunnel/allow.ts';
import { routeOf } from '../../src/tunnel/route.ts';

const names: Readonly<Record<string, readonly string[]>> = {
  'db.internal': ['10.0.1.5'],
  'cache.internal': ['10.9.0.1'],
  'api.example.com': ['203.0.113.7'],
  'mixed.example.com': ['10.0.1.6', '203.0.113.7'],
};
const lookUp = async (name: string) => names[name] ?? [];

test.each([
  // Addresses: what allow covers, whatever it is.
  ['10.0.0.0/16:5432', '10.0.1.5', 5432, 'tunnel'],
  ['10.0.0.0/16:5432', '10.0.1.5', 80, 'direct'],
  ['10.0.0.0/16:5432', '10.1.0.1', 5432, 'direct'],
  ['203.0.113.0/24:443', '203.0.113.7', 443, 'tunnel'],
  ['[fd12::/64]:*', 'fd12::5', 1, 'tunnel'],
  ['0.0.0.0/0:*', '127.0.0.1', 80, 'direct'],
  ['0.0.0.0/0:*', '169.254.169.254', 80, 'direct'],
  // Names that have an address here.
  ['10.0.0.0/16:*', 'db.internal', 5432, 'tunnel'],
  ['10.0.0.0/16:*', 'cache.internal', 6379, 'direct'],
  ['cache.internal:6379', 'cache.internal', 6379, 'tunnel'],
  ['*.example.com:443', 'api.example.com', 443, 'direct'],
  ['10.0.0.0/16:*', 'mixed.example.com', 443, 'direct'],
  // Names that have none here.
  ['other.internal:5432', 'other.internal', 5432, 'tunnel'],
  ['10.0.0.0/16:5432', 'other.internal', 5432, 'tunnel'],
  ['10.0.0.0/16:5432', 'other.internal', 80, 'direct'],
  ['0.0.0.0/0:*', 'localhost', 80, 'direct'],
  ['0.0.0.0/0:*', 'api.localhost', 80, 'direct'],
] as const)('allow %s: to %s, port %d: %s', async (allow, host, port, route) => {
  expect(await routeOf(host, port, parseAllow([allow]), lookUp)).toBe(route);
});
