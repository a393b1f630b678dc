// What an idle livectl holds, with one function and with many.
import { setTimeout as pause } from 'node:timers/promises';
import { HttpCaller } from './http-caller.ts';
import type { Figure, Measurement } from './measurement.ts';
import { canReadProcesses, processTree, residentMb, togetherMb } from './process-tree.ts';
import type { Workspace } from './workspace.ts';

const invocations = 20;
const idleMs = 2000;

export const memory: Measurement = {
  name: 'memory',
  title: 'Memory',
  method: `${invocations} invocations, spread over the functions, then ${idleMs / 1000} s of rest. livectl itself: resident \
memory (VmRSS) of its process, the embedded cloud included. All processes: livectl, esbuild, stubs, workers and the \
spare, what they share counted once (PSS). Linux only.`,
  run: async (workspace) =>
    canReadProcesses
      ? [...(await served(workspace, 1, undefined)), ...(await served(workspace, 50, 250))]
      : [],
};

async function served(workspace: Workspace, count: number, goal: number | undefined): Promise<Figure[]> {
  const names = Array.from({ length: count }, (_, index) => `function-${index}`);
  const functions = names.map((name) => [
    name,
    { handler: `src/${name}.handler`, runtime: 'nodejs22.x', timeout: 10 },
  ]);
  const sources = names.map((name) => [
    `src/${name}.ts`,
    `import { answer } from './answer.ts';\nexport const handler = async (): Promise<string> => answer('${name}');\n`,
  ]);
  const root = workspace.folder({
    'livectl.json': JSON.stringify({ functions: Object.fromEntries(functions) }),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a source file
    'src/answer.ts': 'export const answer = (name: string): string => `answer of ${name}`;\n',
    ...Object.fromEntries(sources),
  });
  const { livectl, url } = await workspace.serve(root);
  const caller = new HttpCaller(url);
  workspace.defer(() => caller.close());
  for (let call = 0; call < invocations; call += 1) await caller.getOk(`/${names[call % count]}`);
  await pause(idleMs);
  const tree = processTree(livectl.pid);
  const functionsWord = count === 1 ? '1 function' : `${count} functions`;
  const figures: Figure[] = [
    {
      what: `${functionsWord}: livectl itself`,
      value: residentMb(livectl.pid),
      unit: 'MB',
      ...(goal === undefined ? {} : { goal }),
    },
    { what: `${functionsWord}: all processes`, value: togetherMb(tree), unit: 'MB' },
    { what: `${functionsWord}: how many processes`, value: tree.length, unit: '' },
  ];
  await livectl.stop();
  return figures;
}
