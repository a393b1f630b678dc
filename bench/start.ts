// What a person waits for before anything is served.
import { runNode } from './child-run.ts';
import type { Figure, Measurement } from './measurement.ts';
import { livectlFile } from './repository.ts';
import type { Workspace } from './workspace.ts';

const helpRuns = 20;
const readyRuns = 12;

export const start: Measurement = {
  name: 'start',
  title: 'Start',
  method: `From spawning the process until it has ended (${helpRuns} runs of each, in turn), and from spawning \`livectl serve \
--local\` on one small TypeScript function until its \`ready\` event is read (${readyRuns} runs). "To first answer" goes on \
with one request: the first stub and worker start for it.`,
  run: measure,
};

async function measure(workspace: Workspace): Promise<readonly Figure[]> {
  const help: number[] = [];
  const nothing: number[] = [];
  for (let count = 0; count < helpRuns; count += 1) {
    nothing.push((await runNode(['-e', '0'])).ms);
    help.push((await runNode([livectlFile, '--help'])).ms);
  }
  const root = workspace.folder({
    'livectl.json': JSON.stringify({
      functions: { hello: { handler: 'src/hello.handler', runtime: 'nodejs22.x' } },
    }),
    'src/hello.ts': 'export const handler = async (): Promise<string> => "hello";\n',
  });
  const ready: number[] = [];
  const answered: number[] = [];
  for (let count = 0; count < readyRuns; count += 1) {
    const startedAt = performance.now();
    const { livectl, url } = await workspace.serve(root);
    ready.push(performance.now() - startedAt);
    const response = await fetch(`${url}/hello`);
    if ((await response.text()) !== 'hello') throw new Error(`/hello answered ${response.status}`);
    answered.push(performance.now() - startedAt);
    await livectl.stop();
  }
  return [
    { what: '`node -e 0`, for comparison', samples: nothing },
    { what: '`livectl --help`', samples: help, goal: 150 },
    { what: 'start to ready, one function', samples: ready, goal: 700 },
    { what: 'start to first answer, one function', samples: answered },
  ];
}
