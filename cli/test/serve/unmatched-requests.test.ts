// Requests without a route: what was meant, and how many are reported.
import { expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { RouteTable } from '../../src/cloud/http-api/routes.ts';
import { unmatchedRequests } from '../../src/serve/unmatched-requests.ts';
import { throttleMs } from '../../src/session/report-throttle.ts';
import type { CloudNews } from '../../src/session/session-event.ts';

const common = { handler: 'a.b', runtime: 'nodejs22.x', timeout: 3, memorySize: 128, environment: {} };
const routes = new RouteTable([
  { ...common, name: 'hello', triggers: { http: { path: '/hello', method: 'GET' } } },
  { ...common, name: 'user', triggers: { http: { path: '/users/{id}/orders', method: 'POST' } } },
  { ...common, name: 'files', triggers: { http: { path: '/files/{rest+}', method: 'ANY' } } },
] as unknown as ConstructorParameters<typeof RouteTable>[0]);

test.each([
  ['/helo', '/hello'],
  ['/Hello/', '/hello'],
  ['/hello', 'GET /hello'],
  ['/user/7/orders', '/users/{id}/orders'],
  ['/users/7/order', '/users/{id}/orders'],
  ['/users/7/orders', 'POST /users/{id}/orders'],
  ['/file/a/b.txt', '/files/{rest+}'],
  ['/wp-login.php', undefined],
  ['/', undefined],
  [`/${'a'.repeat(200)}`, undefined],
])('%s: %s', (path, meant) => {
  expect(routes.meant(path)).toBe(meant);
});

test('ten are reported singly, the others of ten seconds together, and only those are compared with routes', () => {
  const clock = new ManualClock();
  const told: CloudNews[] = [];
  let compared = 0;
  const take = unmatchedRequests(clock, (event) => void told.push(event));
  const meant = () => {
    compared += 1;
    return compared === 1 ? '/hello' : undefined;
  };
  for (let count = 0; count < 500; count++) take({ method: 'GET', path: `/x${count}`, status: 404, meant });
  expect(compared).toBe(10);
  expect(told).toHaveLength(10);
  expect(told[0]).toEqual({
    ...{ event: 'unmatched', method: 'GET', path: '/x0', status: 404, did_you_mean: '/hello' },
  });
  expect(told[1]).toEqual({ event: 'unmatched', method: 'GET', path: '/x1', status: 404 });
  clock.advance(throttleMs);
  expect(told.slice(10)).toEqual([
    { event: 'notice', message: '490 more requests matched no route; the latest: GET /x499' },
  ]);
});
