// Many invocations at one moment: none may fail, and none may starve.
import { HttpCaller } from './http-caller.ts';
import type { Figure, Measurement } from './measurement.ts';
import type { Workspace } from './workspace.ts';

const concurrency = 200;
const warmBursts = 5;

export const concurrent: Measurement = {
  name: 'concurrent',
  title: `${concurrency} concurrent invocations`,
  method: `${concurrency} requests sent at one moment, each over its own connection, to a handler that waits 20 ms. The \
first burst meets a livectl that has answered nothing yet, so it starts the stubs and workers (as many as their defaults \
allow; the rest queues); then ${warmBursts} more. A failure is any answer but the right one.`,
  run: measure,
};

async function measure(workspace: Workspace): Promise<readonly Figure[]> {
  const root = workspace.folder({
    'livectl.json': JSON.stringify({
      functions: { wait: { handler: 'wait.handler', runtime: 'nodejs22.x', timeout: 30 } },
    }),
    'wait.mjs': `export const handler = async ({ queryStringParameters: { n } }) => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return n;
};
`,
  });
  const { url } = await workspace.serve(root);
  const caller = new HttpCaller(url);
  workspace.defer(() => caller.close());

  const first = await burst(caller);
  const totals: number[] = [];
  const samples: number[] = [];
  let failures = first.failures;
  for (let count = 0; count < warmBursts; count += 1) {
    const next = await burst(caller);
    totals.push(next.totalMs);
    samples.push(...next.samples);
    failures += next.failures;
  }
  return [
    { what: `failures in ${(1 + warmBursts) * concurrency} invocations`, value: failures, unit: '', goal: 0 },
    { what: 'first burst, until all are answered', value: first.totalMs, unit: 'ms' },
    { what: 'first burst, each', samples: first.samples },
    { what: 'later bursts, until all are answered', samples: totals },
    { what: 'later bursts, each', samples },
  ];
}

async function burst(caller: HttpCaller): Promise<{ failures: number; totalMs: number; samples: number[] }> {
  const startedAt = performance.now();
  const answers = await Promise.all(
    Array.from({ length: concurrency }, async (_, n) => {
      const answer = await caller.get(`/wait?n=${n}`).catch(() => undefined);
      return { ok: answer?.status === 200 && answer.body.toString() === String(n), ms: answer?.ms };
    }),
  );
  return {
    failures: answers.filter(({ ok }) => !ok).length,
    totalMs: performance.now() - startedAt,
    samples: answers.flatMap(({ ms }) => ms ?? []),
  };
}
