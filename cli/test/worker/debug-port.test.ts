// The port a debugger attaches to, in front of a process that the test plays: who gets in, and where it leads.
import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDebugPort } from '../../src/worker/debug/debug-port.ts';
import { DebugTarget } from '../../src/worker/debug/debug-target.ts';
import { Debugging } from '../../src/worker/debug/debugging.ts';
import { startWordReader } from '../../src/worker/debug/start-word.ts';

/** A process that answers everything with what it got, in capitals. */
async function startProcess(): Promise<{ port: number; clients: Socket[] }> {
  const clients: Socket[] = [];
  const server = createServer((client) => {
    clients.push(client);
    client.on('error', () => undefined);
    client.on('data', (data) => client.write(data.toString().toUpperCase()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const client of clients) client.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, clients };
}

async function open(kind: 'node' | 'python') {
  const changes: boolean[] = [];
  const target = new DebugTarget(
    (attached) => changes.push(attached),
    (onFound) => startWordReader(kind, onFound),
  );
  const port = await openDebugPort(kind, 'f', 0, target);
  onTestFinished(async () => {
    target.close();
    await port.close();
  });
  return { ...port, target, changes };
}

function dial(port: number, text: string): Socket {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.write(text);
  onTestFinished(() => void socket.destroy());
  return socket;
}

async function get(
  port: number,
  path: string,
  host?: string | Record<string, string>,
): Promise<{ status: number | undefined; json: unknown }> {
  const outgoing = request({
    port,
    host: '127.0.0.1',
    path,
    headers: typeof host === 'string' ? { host } : (host ?? {}),
  }).end();
  const [response] = await once(outgoing, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, json: JSON.parse(text) };
}

const upgrade = (path: string, host: string) =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: abc\r\n\r\n`;

describe('a Node port', () => {
  it('lists itself under the name it was asked by, so that a forwarded port works', async () => {
    const { port, url } = await open('node');
    const path = new URL(url ?? '').pathname;
    for (const host of [`127.0.0.1:${port}`, 'localhost:7777', '[::1]:1']) {
      for (const list of ['/json', '/json/list', '/json/list?x']) {
        expect(await get(port, list, host)).toMatchObject({
          status: 200,
          json: [{ type: 'node', title: 'f (livectl)', webSocketDebuggerUrl: `ws://${host}${path}` }],
        });
      }
    }
    expect((await get(port, '/json/version')).json).toMatchObject({ 'Protocol-Version': '1.1' });
    expect((await get(port, '/json/protocol')).status).toBe(404);
  });

  it('refuses other names, as those of a web page’s own domain, and other paths', async () => {
    const { changes, port, target, url } = await open('node');
    const process = await startProcess();
    target.aim({ port: process.port, path: '/its-own' });
    expect((await get(port, '/json/list', 'evil.example')).status).toBe(400);
    const ofPage = { host: '127.0.0.1', 'sec-fetch-site': 'cross-site' };
    expect((await get(port, '/json/list', ofPage)).status).toBe(400);
    const { pathname } = new URL(url ?? '');
    for (const [path, host] of [
      [pathname, 'evil.example'],
      ['/its-own', '127.0.0.1'],
      ['/', '127.0.0.1'],
    ] as const) {
      const [answer] = await once(dial(port, upgrade(path, host)), 'data');
      expect(String(answer)).toContain('400 Bad Request');
    }
    expect(process.clients).toEqual([]);
    expect(changes).toEqual([]);
  });

  it('hands the upgrade on under the process’s own path, and all that follows', async () => {
    const { port, target, url } = await open('node');
    const process = await startProcess();
    target.aim({ port: process.port, path: '/its-own' });
    const client = dial(port, `${upgrade(new URL(url ?? '').pathname, 'localhost:1')}and more`);
    let heard = '';
    client.on('data', (data) => {
      heard += data;
    });
    while (!heard.endsWith('AND MORE')) await once(client, 'data');
    expect(heard).toMatch(/^GET \/ITS-OWN HTTP\/1\.1\r\nHOST: LOCALHOST:1\r\n/);
  });
});

describe('a debugger', () => {
  it('counts as attached from its first word to its end', async () => {
    const { changes, port, target } = await open('python');
    const process = await startProcess();
    target.aim({ port: process.port, path: '' });
    // A connection that only checks whether the port is open does not count as a debugger.
    const look = connect({ port, host: '127.0.0.1' });
    await once(look, 'connect');
    look.end();
    await once(look, 'close');
    const client = dial(port, 'Content-Length: 2');
    const [answer] = await once(client, 'data');
    expect(String(answer)).toBe('CONTENT-LENGTH: 2');
    expect(target.attached).toBe(true);
    const second = dial(port, 'Content-Length: 2');
    await once(second, 'data');
    client.destroy();
    await once(process.clients[0] as Socket, 'close');
    expect(target.attached).toBe(true);
    second.destroy();
    await once(process.clients[1] as Socket, 'close');
    expect(changes).toEqual([true, false]);
  });

  it.each([
    ['a web page’s request', 'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}'],
    ['a TLS hello', '\x16\x03\x01'],
  ])('is not %s', async (_, words) => {
    const { changes, port, target } = await open('python');
    const process = await startProcess();
    target.aim({ port: process.port, path: '' });
    await once(dial(port, words), 'close');
    expect(process.clients).toEqual([]);
    expect(changes).toEqual([]);
  });

  it('waits for a process, and is cut off with it', async () => {
    const { port, target } = await open('python');
    const client = dial(port, 'Content-Length: 2');
    await once(client, 'connect');
    const process = await startProcess();
    target.aim({ port: process.port, path: '' });
    const [answer] = await once(client, 'data');
    expect(String(answer)).toBe('CONTENT-LENGTH: 2');
    process.clients[0]?.destroy();
    await once(client, 'close');
  });

  it('is let go when its process is about to exit', async () => {
    const { port, target } = await open('python');
    const process = await startProcess();
    const address = { port: process.port, path: '' };
    target.aim(address);
    const client = dial(port, 'Content-Length: 2');
    await once(client, 'data');
    target.release({ ...address, port: address.port + 1 }, 0);
    expect(target.attached).toBe(true);
    target.release(address, 0);
    expect(target.attached).toBe(false);
    await once(client, 'close');
  });
});

it('a port that is taken is one clear error', async () => {
  const { port } = await open('node');
  const target = new DebugTarget(
    () => undefined,
    () => () => undefined,
  );
  await expect(openDebugPort('node', 'other', port, target)).rejects.toMatchObject({
    code: 'LD_PORT_IN_USE',
    message: `port ${port} for the debugger of other is in use`,
  });
});

it('refuses a first port that leaves none for the last function', async () => {
  const functions = ['a', 'b'].map((functionName) => ({ functionName, kind: 'node' as const }));
  await expect(Debugging.open(functions, 65_535)).rejects.toMatchObject({
    code: 'LD_CONFIG',
    message: '--inspect=65535 leaves too few ports for 2 functions: 65535 is the highest',
    remedy: 'choose one up to 65534, or 0 for free ports',
  });
});
