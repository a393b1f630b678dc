// A build that is discarded, since files changed while it ran, is made good: no save is lost.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import type { BuildEvent } from '../../src/builder/build-event.ts';
import { FileWatcher } from '../../src/builder/file-watcher.ts';
import { FunctionBuild } from '../../src/builder/function-build.ts';

let folder: string;
let watcher: FileWatcher;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'function-build-')));
  watcher = new FileWatcher({ clock: systemClock, onNotice: () => {} });
});
afterEach(() => {
  watcher.close();
  rmSync(folder, { recursive: true, force: true });
});

it('is built again if only the running function itself has written meanwhile', async () => {
  const data = join(folder, 'state.json');
  writeFileSync(data, '0');
  let compiled = 0;
  const events: BuildEvent[] = [];
  const build = new FunctionBuild({
    target: { functionName: 'app', runtime: 'provided.al2023', handler: 'x', taskRoot: folder } as never,
    compiler: {
      async compile() {
        compiled += 1;
        // The function runs, and writes its data: in the first build between the read and the watch.
        if (compiled === 1) writeFileSync(data, '1');
        const publish = async () => ({ kind: 'command', command: ['true'] }) as const;
        return { ok: true, inputs: new Set([data]), fingerprint: undefined, publish };
      },
      ownWrites: (changed) => changed,
      dispose: async () => {},
    },
    watcher,
    clock: systemClock,
    onEvent: (event) => events.push(event),
    wasRunning: () => true,
  });
  await build.start();
  expect(events).toMatchObject([{ type: 'built', first: true, changed: [] }]);
  expect(compiled).toBeGreaterThan(1);
  await build.close();
}, 5000);
