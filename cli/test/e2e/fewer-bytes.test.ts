// What an invocation's bytes become on the line, between the built stub and the built livectl.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Deployed, deploy, stage } from './deployed-stage.ts';
import { type JsRuntime, Livectl, repository } from './livectl-process.ts';

/** Resolves when the client's item says this of it. */
async function untilSaid({ terraform }: Deployed, word: string): Promise<void> {
  for (let words = ''; !words.split(' ').includes(word); ) {
    const [client] = await terraform.clients(stage);
    words = client?.capabilities ?? '';
  }
}

test.each<JsRuntime>(['node', 'deno'])(
  'incompressible bytes cost a seventh and not a third, each way, and JSON a fraction: livectl under %s',
  async (runtime) => {
    const deployed = await deploy(readFileSync(join(repository, 'dist/stub.zip')), 'later');
    const { call, environment: env, posts, root } = deployed;
    const livectl = new Livectl(['serve', '--stage', stage, '--root', root, '--format', 'json'], {
      env,
      runtime,
    });
    onTestFinished(() => livectl.dispose());
    await livectl.event('ready');
    // Before the stub begins, whose first look-up then has it.
    await untilSaid(deployed, 'bits7');
    const bytesOf = async (body: Buffer, type: string) => {
      const before = posts.length;
      const headers = { 'content-type': type };
      const answer = await call('whole', { method: 'POST', body, headers });
      expect(answer.length).toBeGreaterThan(body.length);
      return posts.slice(before).reduce((sum, { size }) => sum + size, 0);
    };
    const size = 3_000_000;
    // Lambda has it in base64; both ways the bytes themselves are what can't be made less.
    expect((await bytesOf(randomBytes(size), 'image/png')) / (2 * size)).toBeLessThan(1.16);
    const rows = Array.from({ length: 10_000 }, (_, id) => ({ id, sku: `A-${id % 97}`, count: id % 7 }));
    const json = Buffer.from(JSON.stringify(rows));
    expect((await bytesOf(json, 'application/json')) / (2 * json.length)).toBeLessThan(0.25);
    expect(livectl.events.filter(({ event }) => event === 'error')).toEqual([]);
  },
);
