// An instance that Lambda freezes: its connections go dead without a word, and what it knew of the table is old. The next
// invocation goes to the one that must answer it now.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { watchedDirectory } from '../harness/watched-directory.ts';
import { changedLayer } from './harness/changed-layer.ts';
import type { Instance } from './harness/instance.ts';
import { lineTo } from './harness/line.ts';
import { answerAll, useWrappedWorld } from './harness/wrapped-world.ts';

const world = useWrappedWorld();
const leaseUntil = Date.now() + 3_600_000;

let layer: string;
let ahead: string;
beforeAll(async () => {
  layer = mkdtempSync(join(tmpdir(), 'wrapper-test-'));
  ahead = join(layer, 'ahead');
  writeFileSync(ahead, '0');
  const shifted = `now: () => Date.now() + Number(require('node:fs').readFileSync(${JSON.stringify(ahead)}, 'utf8')),`;
  const relayed = 'stub/src/wrapper/relayed.ts';
  await changedLayer(layer, [
    { file: 'protocol/clock.ts', line: 'now: () => Date.now(),', code: shifted, replaces: true },
    // The bounds are held by bounds.test.ts; a busy machine must not decide who answers.
    { file: relayed, line: 'readyWithinMs = 150', code: 'readyWithinMs = 5000', replaces: true },
    { file: relayed, line: 'leaveWithinMs = 130', code: 'leaveWithinMs = 5000', replaces: true },
  ]);
});
afterEach(() => writeFileSync(ahead, '0'));
afterAll(() => rmSync(layer, { recursive: true, force: true }));

/** 70 s pass on the instance's clock, and `meanwhile` happens. */
async function frozen(instance: Instance, meanwhile: () => Promise<unknown>): Promise<void> {
  instance.signal('SIGSTOP');
  await meanwhile();
  writeFileSync(ahead, '70000');
  instance.signal('SIGCONT');
}

async function start() {
  const [table, relay] = await Promise.all([lineTo(world.table.endpoint), lineTo(world.relay.url())]);
  const environment = { LIVE_DEBUG_RELAY: relay.url, AWS_ENDPOINT_URL_DYNAMODB: table.url };
  const cut = () => {
    table.cut();
    relay.cut();
  };
  const { api, instance } = await world.wrapped({ layer, environment });
  const answered = async (id: string) =>
    (await api.invoke({ id, event: '1', timeoutMs: 600_000 })).body.toString();
  return { answered, cut, instance };
}

describe('after 70 s in which nothing ran', () => {
  it('somebody who began to serve meanwhile answers', async () => {
    const { answered, cut, instance } = await start();
    expect(await answered('a')).toBe('{"deployed":1}');
    await frozen(instance, async () => {
      cut();
      answerAll(await world.serve({ leaseUntil }), () => '"local"');
    });
    expect(await answered('b')).toBe('"local"');
  });

  it('somebody who took over meanwhile answers, though no connection has survived', async () => {
    const first = await world.serve({ leaseUntil });
    answerAll(first, () => '"first"');
    const { answered, cut, instance } = await start();
    expect(await answered('a')).toBe('"first"');
    first.received.length = 0;
    await frozen(instance, async () => {
      cut();
      first.close();
      answerAll(await world.serve({ leaseUntil, user: 'bob' }), () => '"second"');
    });
    expect(await answered('b')).toBe('"second"');
    expect(first.received).toEqual([]);
  });

  it('the deployed code answers once nobody serves any more, and that is logged again', async () => {
    const { answered, cut, instance } = await start();
    expect(await answered('a')).toBe('{"deployed":1}');
    const client = await world.serve({ leaseUntil });
    answerAll(client, () => '"local"');
    // That nobody serves holds for a second.
    writeFileSync(ahead, '2000');
    expect(await answered('b')).toBe('"local"');
    await frozen(instance, async () => {
      cut();
      client.close();
      await client.leave();
    });
    for (const id of ['c', 'd']) expect(await answered(id)).toBe('{"deployed":1}');
    const reasons = instance.ownLines.map(({ because }) => because);
    expect(reasons).toEqual(['nobody serves', 'nobody serves']);
  });

  it('of the init phase, what was read of the table before is read again', async () => {
    const directory = await watchedDirectory(world.table.endpoint);
    let release: () => void = () => undefined;
    const read = new Promise<void>((resolve) => {
      directory.onRead = resolve;
    });
    directory.hold = new Promise((resolve) => {
      release = resolve;
    });
    const environment = { AWS_ENDPOINT_URL_DYNAMODB: directory.endpoint };
    const { api, instance } = await world.start({ layer, environment });
    await read;
    await frozen(instance, async () => {
      release();
      answerAll(await world.serve({ leaseUntil }), () => '"local"');
    });
    const { body } = await api.invoke({ id: 'a', event: '1', timeoutMs: 600_000 });
    expect(body.toString()).toBe('"local"');
  });
});

it('a freeze while the proxy starts does not count as its being slow', async () => {
  const waits = `logLine('proxy waits\\n'); await new Promise((resolve) => setTimeout(resolve, 500));`;
  const slow = await changedLayer(world.folder({}), [
    {
      file: 'stub/src/wrapper/proxy-process.ts',
      line: 'const api = new RuntimeApi(await runtimeApi());',
      code: waits,
    },
  ]);
  const { api, instance } = await world.start({ layer: slow });
  await instance.untilOutput('proxy waits');
  instance.signal('SIGSTOP');
  // Longer than the runtime waits for it.
  await new Promise((resolve) => setTimeout(resolve, 2100));
  instance.signal('SIGCONT');
  expect((await api.invoke({ id: 'a', event: '1' })).body.toString()).toBe('{"deployed":1}');
  expect(instance.stdout).not.toContain('unwrapped');
});
