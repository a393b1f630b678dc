// The start of `serve --stage`: what it asks AWS for goes out at once, since each answer is a round trip away.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Livectl, project } from './livectl-process.ts';

test('requests manifest, secret and caller before any of them is answered', async () => {
  const asked = new Set<string>();
  let seen: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    seen = resolve;
  });
  // An AWS that answers nothing.
  const server = createServer(async (request) => {
    let body = '';
    for await (const part of request) body += part;
    asked.add(/"item":\{"S":"(\w+)"\}/.exec(body)?.[1] ?? /Action=(\w+)/.exec(body)?.[1] ?? body);
    if (asked.size === 3) seen();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { root, remove } = project({});
  const livectl = new Livectl(['serve', '--stage', 'dev', '--root', root, '--format', 'json'], {
    env: {
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    },
  });
  onTestFinished(async () => {
    await livectl.dispose();
    server.closeAllConnections();
    server.close();
    remove();
  });
  // What comes first where one waits for another: the answer's time-out, and the end.
  await Promise.race([all, livectl.exited]);
  expect([...asked].sort()).toEqual(['GetCallerIdentity', 'manifest', 'secret']);
});
