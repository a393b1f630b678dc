// The handler of examples/vpc: its answer for a database that answers, and for one that does not.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { repository } from './terraform-cli.ts';

const { handler } = (await import(join(repository, 'examples/vpc/src/orders.mjs'))) as {
  handler: () => Promise<Record<string, unknown>>;
};

let server: Server | undefined;
const received: Buffer[] = [];

/** PostgreSQL's first answer, one byte: `S` for TLS, `N` for none. */
async function listen(answer: string): Promise<void> {
  server = createServer((socket) => {
    socket.on('data', (data) => {
      received.push(data);
      socket.write(answer);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env.DATABASE_URL = `postgres://app@127.0.0.1:${(server.address() as AddressInfo).port}/orders`;
}

afterEach(() => {
  server?.close();
  received.length = 0;
  delete process.env.DATABASE_URL;
});

it.each([
  ['S', true],
  ['N', false],
])('says whether the database has TLS: %s', async (answer, tls) => {
  await listen(answer);
  expect(await handler()).toEqual({
    host: '127.0.0.1',
    address: '127.0.0.1',
    tls,
    milliseconds: expect.any(Number),
  });
  // As pg's and libpq's first message: length 8, code 80877103.
  expect(Buffer.concat(received).toString('hex')).toBe('0000000804d2162f');
});

it('names a database that does not answer, and why', async () => {
  await listen('S');
  server?.close();
  await expect(handler()).rejects.toMatchObject({
    message: expect.stringMatching(/^127\.0\.0\.1:\d+ doesn't answer/),
    cause: { code: 'ECONNREFUSED' },
  });
});
