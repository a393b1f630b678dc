// Everything between a caller and a handler in one place: the embedded cloud with the built stub, a session, and workers
// in processes of their own, with a hold on every post to the relay.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { Directory } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { generateClientKeys } from '../../../protocol/sealing.ts';
import type { Cloud, CloudFunction, RelayFault, RelayPost } from '../../src/cloud/cloud.ts';
import { startCloud } from '../../src/cloud/start-cloud.ts';
import { openSecrets } from '../../src/serve/open-secrets.ts';
import { Session } from '../../src/session/session.ts';
import type { SessionEvent } from '../../src/session/session-event.ts';
import { givenVariables } from '../../src/session/variables/function-variables.ts';
import { createWorkerPool } from '../../src/worker/pool/pool.ts';
import { handlersFolder } from '../worker/built-runtime.ts';
import { repository } from './livectl-process.ts';

export interface WholeChain {
  readonly cloud: Cloud;
  readonly session: Session;
  readonly events: readonly SessionEvent[];
  /** Resolves with the first event that matches, also one that has come already. */
  event(matches: (event: SessionEvent) => boolean): Promise<SessionEvent>;
}

/** Serves a handler of cli/test/handlers, e.g. `streams` or `file.export`, at the URL of a function named for its file. */
export async function startWholeChain(
  handler: string,
  faults: (post: RelayPost) => RelayFault | undefined = () => undefined,
): Promise<WholeChain> {
  const [name = '', exportPath = 'handler'] = handler.split('.');
  const tempDir = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  const closers: (() => void | Promise<void>)[] = [() => rmSync(tempDir, { recursive: true, force: true })];
  onTestFinished(async () => {
    for (const close of closers.reverse()) await close();
  });
  const nodeRuntimeFile = join(repository, 'dist', 'node-runtime.mjs');
  const deployed: CloudFunction = {
    name,
    handler: `${name}.${exportPath}`,
    runtime: 'nodejs22.x',
    timeout: 60,
    memorySize: 128,
    environment: {},
    triggers: { function_url: { authorization_type: 'NONE', invoke_mode: 'RESPONSE_STREAM' } },
  };
  const cloud = await startCloud({
    functions: [deployed],
    port: 0,
    stage: 'local',
    stubZip: readFileSync(join(repository, 'dist', 'stub.zip')),
    nodeRuntimeFile,
    tempDir,
    onEvent: () => undefined,
    faults,
  });
  closers.push(() => cloud.close());
  const events: SessionEvent[] = [];
  const watchers = new Set<() => void>();
  let session: Session | undefined;
  const pool = createWorkerPool({
    nodeRuntimeFile,
    pythonRuntimeFile: join(repository, 'dist', 'python-runtime.py'),
    onEvent: (event) => session?.onWorker(event),
  });
  closers.push(() => pool.close());
  const http = new HttpClient();
  closers.push(() => http.close());
  const { developerCredentials, directoryUrl, region, relayUrl, tableName } = cloud;
  const credentials = () => developerCredentials;
  const clock = systemClock;
  const directory = new Directory({ endpoint: directoryUrl, region, tableName, http, credentials, clock });
  session = new Session({
    relay: {
      url: relayUrl,
      region,
      stage: 'local',
      credentials,
      http,
      keys: await generateClientKeys(),
      secrets: await openSecrets(directory, 'local', false, () => undefined),
    },
    directory,
    holder: { user: 'ada', host: 'ada-laptop', version: '0.1.0' },
    functions: new Map([[name, { timeout: deployed.timeout }]]),
    only: undefined,
    noTakeover: false,
    pool,
    variables: givenVariables(cloud.variables, region),
    clock,
    onEvent: (event) => {
      events.push(event);
      for (const watch of [...watchers]) watch();
    },
  });
  const served = session;
  closers.push(() => served.stop(0));
  const code = {
    functionName: name,
    build: 1,
    runner: { kind: 'node', moduleFile: join(handlersFolder, `${name}.mjs`), exportPath },
    taskRoot: handlersFolder,
    handler: deployed.handler,
    runtime: deployed.runtime,
  } as const;
  served.onBuild({ type: 'built', code, first: true, ms: 1, changed: [] });
  await served.start();
  return {
    cloud,
    session: served,
    events,
    event: (matches) =>
      new Promise((resolve) => {
        const watch = () => {
          const found = events.find(matches);
          if (found === undefined) return;
          watchers.delete(watch);
          resolve(found);
        };
        watchers.add(watch);
        watch();
      }),
  };
}
