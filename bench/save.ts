// From saving a source file to the first answer of the new code.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { HttpCaller } from './http-caller.ts';
import type { LivectlProcess } from './livectl-process.ts';
import type { Figure, Measurement } from './measurement.ts';
import type { Workspace } from './workspace.ts';

const edits = 60;
/** Between two edits: nobody saves again at once, and by then livectl has started its next worker. */
const pauseMs = 300;
/** An edit without an answer by then is a failure. */
const boundMs = 10_000;

export const save: Measurement = {
  name: 'save',
  title: 'Save to new answer',
  method: `${edits} edits per way, one every ${pauseMs} ms, of a file that a small TypeScript handler imports; the clock \
starts before the file is written. "Asking all the time": requests one after the other until the new answer comes. \
"Asking once": one request when livectl says \`reload\`; "to reload" is the first part of it.`,
  run: measure,
};

async function measure(workspace: Workspace): Promise<readonly Figure[]> {
  const root = workspace.folder({
    'livectl.json': JSON.stringify({
      functions: { hello: { handler: 'src/hello.handler', runtime: 'nodejs22.x', timeout: 10 } },
    }),
    'src/hello.ts': `import { edition } from './edition.ts';
export async function handler(): Promise<{ edition: number }> {
  return { edition };
}
`,
    'src/edition.ts': editionText(0),
  });
  const file = join(root, 'src', 'edition.ts');
  const { livectl, url } = await workspace.serve(root);
  const caller = new HttpCaller(url);
  workspace.defer(() => caller.close());
  let edition = 0;
  const edit = () => {
    edition += 1;
    writeFileSync(file, editionText(edition));
  };
  const isNew = async () => (await answeredEdition(caller)) === edition;
  await answeredEdition(caller);

  const asking: number[] = [];
  for (let count = 0; count < edits; count += 1) {
    await pause(pauseMs);
    const startedAt = performance.now();
    edit();
    while (!(await isNew())) {
      if (performance.now() - startedAt > boundMs) throw new Error(`edit ${edition} got no answer`);
    }
    asking.push(performance.now() - startedAt);
  }
  const { reloads, once, stale } = await askOnce(livectl, edit, isNew);
  return [
    { what: 'save to new answer, asking all the time', samples: asking, goal: 60 },
    { what: 'save to new answer, asking once', samples: once, goal: 60 },
    { what: 'save to reload', samples: reloads },
    { what: 'old answers after reload', value: stale, unit: '', goal: 0 },
  ];
}

async function askOnce(livectl: LivectlProcess, edit: () => void, isNew: () => Promise<boolean>) {
  const reloads: number[] = [];
  const once: number[] = [];
  let stale = 0;
  for (let count = 0; count < edits; count += 1) {
    await pause(pauseMs);
    const reloaded = livectl.next('reload');
    const startedAt = performance.now();
    edit();
    await reloaded;
    reloads.push(performance.now() - startedAt);
    if (!(await isNew())) stale += 1;
    once.push(performance.now() - startedAt);
  }
  return { reloads, once, stale };
}

function editionText(edition: number): string {
  return `export const edition: number = ${edition};\n`;
}

async function answeredEdition(caller: HttpCaller): Promise<number> {
  const { body } = await caller.getOk('/hello');
  return (JSON.parse(body.toString()) as { edition: number }).edition;
}
