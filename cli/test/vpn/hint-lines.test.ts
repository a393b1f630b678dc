// How much `serve` reports about private resources: few lines however many functions, and nothing outdated.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import type { EndpointTunnel } from '../../src/tunnel/endpoint-tunnel.ts';
import { type HintedFunction, ServeHints } from '../../src/vpn/serve-hints.ts';

const server = createServer((socket) => socket.end());
let port = 0;
let closedPort = 0;
beforeAll(async () => {
  const other = createServer();
  for (const each of [server, other]) {
    each.listen(0, '127.0.0.1');
    await once(each, 'listening');
  }
  port = (server.address() as AddressInfo).port;
  closedPort = (other.address() as AddressInfo).port;
  other.close();
  await once(other, 'close');
});
afterAll(() => server.close());

const many = (environment: HintedFunction['environment']): HintedFunction[] =>
  Array.from({ length: 50 }, (_, index) => ({
    name: `f${index}`,
    inVpc: true,
    vpcId: `vpc-${index % 2}`,
    environment,
  }));

function hintsOf(
  functions: readonly HintedFunction[],
  tunnelOf?: (functionName: string) => EndpointTunnel | undefined,
) {
  const notices: string[] = [];
  const clock = new ManualClock();
  const onNotice = (message: string) => void notices.push(message);
  const hints = new ServeHints({
    functions,
    cidrs: [],
    command: 'livectl vpn --check',
    tunnelOf,
    onNotice,
    clock,
  });
  return { hints, notices, clock };
}

const timedOut = (name: string) => ({ function: name, error: { name: 'Error', message: 'Task timed out' } });

describe('of fifty functions', () => {
  it('that name one endpoint which answers, there is one line', async () => {
    const { hints, notices } = hintsOf(many(async () => ({ DB: `127.0.0.1:${port}` })));
    await hints.start();
    expect(notices).toEqual([
      'f0, f1, f2, f3 and 46 more are in vpc-0, vpc-1; their endpoint answers from here',
    ]);
  });

  it('whose only endpoint is an emulator on this machine, none is said to answer', async () => {
    for (const url of [`http://127.0.0.1:${port}`, `http://localhost:${closedPort}/aws`]) {
      const { hints, notices } = hintsOf(many(async () => ({ AWS_ENDPOINT_URL: url })));
      await hints.start();
      expect(notices).toEqual([
        'f0, f1, f2, f3 and 46 more are in vpc-0, vpc-1; their environment names no endpoint to try',
      ]);
    }
  });

  it('that name many endpoints which do not, there is one line', async () => {
    const refused = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`DB_${index}`, `127.0.0.${index + 1}:${closedPort}`]),
    );
    const { hints, notices } = hintsOf(many(async () => refused));
    await hints.start();
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(
      /: 127\.0\.0\.1:\d+ \(refused\), .* and 16 more; run livectl vpn --check for details/,
    );
    expect(notices[0]?.length).toBeLessThan(300);
  });

  it('whose configuration AWS does not show, there is one line with the remedy', async () => {
    const { hints, notices } = hintsOf(
      many(() => Promise.reject(new LiveDebugError('LD_PERMISSION', 'tom may not', { remedy: 'ask ada' }))),
    );
    await hints.start();
    expect(notices).toEqual([
      'f0, f1, f2, f3 and 46 more are in vpc-0, vpc-1; their endpoints are unknown: tom may not; ask ada',
    ]);
  });
});

describe('of functions with a tunnel, of which one is in no VPC', () => {
  const hinted = (name: string, inVpc: boolean, text: string): HintedFunction => ({
    ...{ name, inVpc, vpcId: undefined },
    environment: async () => ({ DB: text }),
  });
  /** Covers nothing: the code connects from here. */
  const tunnel: EndpointTunnel = {
    name: 'default',
    covers: () => false,
    tryPort: () => Promise.reject(new Error('not covered')),
  };

  it('none is said to be in a VPC that is not', async () => {
    for (const [text, words] of [
      [`127.0.0.1:${port}`, 'its endpoint answers from here$'],
      [`127.0.0.1:${closedPort}`, 'not reached from here: '],
    ] as const) {
      // Another name for it, so that each has one endpoint of its own.
      const outside = text.replace('127.0.0.1', 'localhost');
      const functions = [hinted('inside', true, text), hinted('outside', false, outside)];
      const { hints, notices } = hintsOf(functions, () => tunnel);
      await hints.start();
      expect(notices).toHaveLength(2);
      expect(notices[0]).toMatch(new RegExp(`^inside is in a VPC; ${words}`));
      expect(notices[1]).toMatch(new RegExp(`^outside has a tunnel; ${words}`));
    }
  });
});

describe('a failed invocation', () => {
  it('is reported once a minute for each endpoint, whichever function failed', () => {
    const { clock, hints, notices } = hintsOf([]);
    const fail = (name: string) =>
      hints.failed({ function: name, error: { name: 'Error', message: 'connect ETIMEDOUT 10.0.3.4:5432' } });
    for (const name of ['a', 'b', 'a']) fail(name);
    expect(notices).toEqual([
      'a could not reach 10.0.3.4:5432 (ETIMEDOUT); run livectl vpn --check for details',
    ]);
    clock.advance(59_999);
    fail('b');
    expect(notices).toHaveLength(1);
    clock.advance(1);
    fail('b');
    expect(notices).toHaveLength(2);
  });

  it('that only says "timed out" is not attributed to an endpoint which answers by now', async () => {
    const late = createServer((socket) => socket.end());
    const functions: HintedFunction[] = [
      {
        name: 'a',
        inVpc: true,
        vpcId: undefined,
        environment: async () => ({ DB: `127.0.0.1:${closedPort}` }),
      },
    ];
    const { clock, hints, notices } = hintsOf(functions);
    await hints.start();
    await hints.failed(timedOut('a'));
    expect(notices.slice(1)).toEqual([
      `a could not reach 127.0.0.1:${closedPort} (Task timed out); run livectl vpn --check for details`,
    ]);
    clock.advance(60_000);
    late.listen(closedPort, '127.0.0.1');
    await once(late, 'listening');
    await hints.failed(timedOut('a'));
    expect(notices).toHaveLength(2);
    late.close();
  });
});
