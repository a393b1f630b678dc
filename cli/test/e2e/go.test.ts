// A compiled function end to end: examples/go, compiled by its `build` with the Go of this machine.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { copyOfExample, Livectl } from './livectl-process.ts';

const probe = spawnSync('go', ['version'], { encoding: 'utf8', timeout: 10_000 });
const skipReason = probe.status === 0 || process.env.CI ? undefined : 'there is no go on the PATH';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The first compilation of a machine takes Go's own library as well. */
const boundMs = 120_000;

describe.skipIf(skipReason)(`Go${skipReason ? `: ${skipReason}` : ''}`, () => {
  it.each(['node', 'deno'] as const)(
    'is compiled at the start and on each save, and serves the last good build (%s)',
    async (runtime) => {
      const { root, remove } = copyOfExample('go');
      cleanups.push(remove);
      // Fills Go's cache before the bounds of `Livectl` count.
      expect(spawnSync('go', ['build', '-o', '/dev/null', '.'], { cwd: root, timeout: boundMs }).status).toBe(
        0,
      );
      const livectl = new Livectl(['serve', '--local', '--port', '0', '--format', 'json', '--root', root], {
        runtime,
      });
      cleanups.push(() => livectl.dispose());
      const url = `${await livectl.url()}/hello?name=ada`;
      const get = async () => (await fetch(url, { signal: AbortSignal.timeout(20_000) })).text();
      const source = join(root, 'main.go');
      const edit = (from: string, to: string) =>
        writeFileSync(source, readFileSync(source, 'utf8').replace(from, to));

      expect(await get()).toBe('{"message":"hi, ada!"}');
      const { id } = await livectl.event('result');
      expect(await livectl.event('log')).toMatchObject({
        id,
        function: 'hello',
        message: expect.stringMatching(/^greeting ada, \d+ ms left, up for \d+ ms$/),
      });

      edit('%s, %s!', '%s, %s?');
      const reload = await livectl.event('reload');
      expect(reload.changed).toEqual(['main.go']);
      expect(await get()).toBe('{"message":"hi, ada?"}');

      edit('response{Message:', 'response{Massage:');
      const { errors, last_good } = await livectl.event('build_error');
      expect(last_good).toBe(true);
      expect(errors[0]?.text).toMatch(
        /^`go build -o bootstrap \.` failed: exit status [12]\n# example\.com\/hello\n\.\/main\.go:\d+:\d+: unknown field/,
      );
      expect(await get()).toBe('{"message":"hi, ada?"}');

      edit('response{Massage:', 'response{Message:');
      edit('%s, %s?', '%s, %s.');
      await livectl.event('reload', (event) => event !== reload);
      expect(await get()).toBe('{"message":"hi, ada."}');
      expect(await livectl.stop()).toBe(0);
      expect(livectl.leftBehind()).toEqual([]);
    },
    boundMs,
  );
});
