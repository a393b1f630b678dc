// What an observer costs a wrapped function: milliseconds of an answer, and until the instance takes the next invocation.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDirectoryTable } from '../protocol/test/directory-table.ts';
import { FakeRelay } from '../protocol/test/fake-relay.ts';
import { FakeClient } from '../stub/test/harness/fake-client.ts';
import { stubEnvironment } from '../stub/test/harness/lambda.ts';
import { Instance } from '../stub/test/wrapper/harness/instance.ts';
import { RecordingRuntimeApi } from '../stub/test/wrapper/harness/recording-runtime-api.ts';
import type { Figure, Measurement } from './measurement.ts';
import { repository } from './repository.ts';

const warmUps = 50;
const invocations = 1000;

export const observe: Measurement = {
  name: 'observe',
  title: 'Observers',
  method: `dist/wrapper before livectl's Node.js client, at a Runtime API, a relay and a table of this process, on the loopback: \
${invocations} invocations after ${warmUps} of each of three functions in turn, one that nobody observes, one that is observed without a limit \
that matters, and one whose observer's posts never get an answer. An event of 1 KB, an answer of 1 KB. An answer is timed from the \
invocation's being handed out until the answer is whole; the instance is free when its runtime asks for the next invocation.`,
  run: measure,
};

const kinds = ['unobserved', 'observed', 'hanging'] as const;
type Kind = (typeof kinds)[number];

async function measure(): Promise<readonly Figure[]> {
  const taskRoot = mkdtempSync(join(tmpdir(), 'observe-bench-'));
  writeFileSync(join(taskRoot, 'app.js'), 'exports.handler = async (event) => event;');
  const [relay, table] = [await new FakeRelay().start(), await startDirectoryTable()];
  const fields = { observe: '1000', leaseUntil: Date.now() + 3_600_000 };
  const observer = (kind: Kind) =>
    FakeClient.serve(relay, table, { ...fields, item: `client#~observe#${kind}#1` });
  const [seeing, hanging] = [await observer('observed'), await observer('hanging')];
  relay.onPost = ({ connectionId }) => (connectionId === hanging.connectionId ? 'hang' : undefined);
  const start = async (kind: Kind) => {
    const api = await new RecordingRuntimeApi().start();
    const instance = new Instance({
      api,
      command: [process.execPath, join(repository, 'dist/node-runtime.mjs')],
      layer: join(repository, 'dist/wrapper'),
      taskRoot,
      handler: 'app.handler',
      environment: { ...stubEnvironment(relay.url(), table.endpoint), LIVE_DEBUG_FUNCTION: kind },
    });
    await api.until(() => api.isWaiting);
    return { kind, api, instance, answers: [] as number[], free: [] as number[] };
  };
  const running = await Promise.all(kinds.map(start));
  const event = JSON.stringify({ text: 'x'.repeat(1000) });
  try {
    for (let at = 0; at < warmUps + invocations; at += 1)
      // Each is first as often as the others: what one does after its answer would slow down the next.
      for (const { answers, api, free } of [...running.slice(at % 3), ...running.slice(0, at % 3)]) {
        const beganAt = performance.now();
        const { endedAt } = await api.invoke({ id: `id-${at}`, event });
        await api.until(() => api.isWaiting);
        if (at < warmUps) continue;
        answers.push(endedAt - beganAt);
        free.push(performance.now() - beganAt);
      }
    const [alone, observed, hung] = running;
    const copies = seeing.received.length;
    return [
      { what: 'answered, nobody observes', samples: alone?.answers ?? [] },
      { what: 'answered, observed', samples: observed?.answers ?? [] },
      { what: 'answered, the observer’s posts hang', samples: hung?.answers ?? [] },
      { what: 'the instance is free, nobody observes', samples: alone?.free ?? [] },
      { what: 'the instance is free, observed', samples: observed?.free ?? [] },
      { what: 'the instance is free, the observer’s posts hang', samples: hung?.free ?? [] },
      { what: `copies that arrived, of ${warmUps + invocations}`, value: copies, unit: '' },
    ];
  } finally {
    for (const { api, instance } of running) {
      await instance.stop();
      await api.close();
    }
    for (const each of [seeing, hanging]) each.close();
    relay.cutHanging();
    await relay.close();
    await table.close();
    rmSync(taskRoot, { recursive: true, force: true });
  }
}
