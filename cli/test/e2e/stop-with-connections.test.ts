// Ctrl-C ends livectl, whatever the connections to its ports are in the middle of.
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type JsRuntime, Livectl, project } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
/** Length 0, type SETTINGS, no flags, stream 0. */
const settings = '\0\0\0\x04\0\0\0\0\0';

/** What each connection says before it falls silent, in Latin-1. */
const openings: Readonly<Record<string, string>> = {
  'nothing at all': '',
  'one byte': 'P',
  garbage: '\x00\xff\x13\x37 what is this\r\n\r\n',
  'a TLS hello': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'half a request line': 'POST /or',
  'half a header': 'GET /api HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ',
  'half a body': 'POST /api HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{',
  'an upgrade that is refused': `GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`,
  'an upgrade to HTTP/2':
    'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n',
  'the preface of HTTP/2': preface,
  'half the preface': preface.slice(0, 10),
  'the preface and settings': preface + settings,
  'the preface and garbage': `${preface}\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff`,
  'an open stream of HTTP/2': `${preface}${settings}\0\0\x05\x01\x04\0\0\0\x01\x83\x86\x84\x41\0`,
};

/** One that never hangs up by itself, whatever comes. */
async function open(port: number, words: string, halfOpen: boolean): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  cleanups.push(() => void socket.destroy());
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  await new Promise<void>((resolve) => socket.write(words, 'latin1', () => resolve()));
  if (halfOpen) socket.end();
  return socket;
}

/** From what it has left for `livectl trigger`. */
function controlUrl({ runFolder }: Livectl): string {
  const file = readdirSync(runFolder).find((name) => name.endsWith('.json')) ?? '';
  return JSON.parse(readFileSync(join(runFolder, file), 'utf8')).control.url;
}

async function portsOf(livectl: Livectl): Promise<number[]> {
  const { url } = await livectl.event('ready');
  const debuggers = await livectl.event('debugger', ({ state }) => state === 'listening');
  const variables = (await (await fetch(`${url}/api`)).json()) as Record<string, string>;
  const addresses = [
    controlUrl(livectl),
    url,
    variables.AWS_ENDPOINT_URL,
    variables.AWS_ENDPOINT_URL_KINESIS,
  ];
  const ports = addresses.map((address) => Number(new URL(address ?? '').port));
  return [...new Set([...ports, Number('address' in debuggers && debuggers.address.split(':')[1])])];
}

describe.each<JsRuntime>(['node', 'deno'])('serve --local under %s', (runtime) => {
  test('ends soon after Ctrl-C with every kind of half-done connection open', async () => {
    const functions = {
      api: {
        runtime: 'nodejs22.x',
        handler: 'api.handler',
        triggers: { http: {}, kinesis: { stream_name: 'orders' } },
      },
    };
    const { root, remove } = project({
      'api.mjs': 'export const handler = async () => process.env;',
      'livectl.json': JSON.stringify({ functions }),
    });
    cleanups.push(remove);
    const args = ['serve', '--local', '--port', '0', '--inspect=0', '--format', 'json', '--root', root];
    const livectl = new Livectl(args, { runtime });
    cleanups.push(() => livectl.dispose());
    const ports = await portsOf(livectl);
    expect(ports).toHaveLength(5);
    for (const port of ports) {
      for (const words of Object.values(openings)) {
        await open(port, words, false);
        await open(port, words, true);
      }
    }
    const asked = performance.now();
    expect(await livectl.stop()).toBe(0);
    expect(await livectl.event('stopped')).toMatchObject({ failed: 0 });
    // Ten seconds are what invocations in flight would get; connections get one or two.
    expect(performance.now() - asked).toBeLessThan(8000);
    expect(livectl.leftBehind()).toEqual([]);
  });
});
