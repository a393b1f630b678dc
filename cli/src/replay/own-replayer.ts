// A replay without a running `serve`: the function is built and run by this command, with the manifest's variables and no AWS.
import { systemClock } from '../../../protocol/clock.ts';
import type { BuildEvent } from '../builder/build-event.ts';
import { resolveTargets } from '../builder/resolve-targets.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import type { Manifest } from '../manifest/load-manifest.ts';
import type { ComparedAnswer } from '../recordings/answer-diff.ts';
import { environmentSecrets } from '../recordings/mask/environment-secrets.ts';
import { Masker } from '../recordings/mask/masker.ts';
import type { RedactPath } from '../recordings/mask/redact-paths.ts';
import type { InvocationDetail } from '../recordings/recording.ts';
import { finished } from '../recordings/sealed.ts';
import { startLocalCode } from '../serve/local-code.ts';
import { openLocalVariables, type VariableFlags } from '../serve/open-local-variables.ts';
import type { RunFolder } from '../serve/run-folder.ts';
import { FirstBuilds } from '../session/first-builds.ts';
import { Replays } from '../session/replays.ts';
import type { SessionEvent } from '../session/session-event.ts';
import { merged } from '../session/variables/function-variables.ts';
import { withLocal } from '../session/variables/local-variables.ts';
import { configuredVariables } from '../session/variables/sent-variables.ts';
import type { WorkerEvent } from '../worker/contract.ts';
import { compared, type ReplayedAnswer } from './answer.ts';
import type { CodeChange, Replayer } from './replayer.ts';

interface OwnReplay {
  readonly manifest: Manifest;
  /** Of the manifest. */
  readonly settings: FunctionSettings;
  readonly of: Pick<InvocationDetail, 'key' | 'context'>;
  readonly event: Uint8Array;
  readonly edited: boolean;
  /** Of the manifest: what recordings mask beside everything that looks like a secret. */
  readonly redact: readonly RedactPath[];
  readonly show: (event: SessionEvent) => void;
  readonly folder: RunFolder;
  /** `--env` and `--env-file`. */
  readonly variables: VariableFlags;
  readonly verbose: boolean;
}

/** Lambda's limit for a streamed answer. */
const mostStreamedBytes = 200 * 1024 * 1024;

/** One runs, and the next one may be started before the last has ended. */
const maxWorkers = 2;

/** Rejects with LD_CONFIG if the function cannot run here. Everything ends with the folder's closers. */
export async function ownReplayer(options: OwnReplay): Promise<Replayer> {
  const { folder, manifest, settings, show, variables, verbose } = options;
  const targets = resolveTargets(manifest);
  const onNotice = (message: string) => show({ event: 'notice', message });
  const local = openLocalVariables(manifest, variables, onNotice);
  const builds = new FirstBuilds();
  const listeners: ((change: CodeChange) => void)[] = [];
  const running = { maxWorkers, noTimeout: false, machineProxy: true, freeze: false, verbose };
  const code = startLocalCode(targets, running, undefined, undefined, { ...folder, emit: show });
  let take: (event: SessionEvent) => void = show;
  const replays = new Replays({
    pool: code.pool,
    clock: systemClock,
    functions: new Map([[settings.name, settings]]),
    builds,
    variables: withLocal({ of: () => variablesOf(settings, regionOf(options.of)) }, local),
    mostStreamedBytes,
    onEvent: (event) => take(event),
  });
  folder.closers.add(() => replays.stop());
  code.attach({
    onBuild: (event) => onBuild(event),
    onWorker: (event) => onWorker(event, (told) => take(replays.marked(told))),
  });
  await code.built;
  return {
    run: () => run(),
    onChange: (listener) => void listeners.push(listener),
    ended: new Promise(() => undefined),
  };

  function onBuild(event: BuildEvent): void {
    if (event.type === 'notice') return show({ event: 'notice', message: event.message });
    if (event.type === 'built') {
      code.pool.use(event.code);
      const wasBroken = builds.built(event.code.functionName);
      if (!event.first || wasBroken) changed({ files: event.changed, errors: [] });
      return;
    }
    builds.failed(event.functionName, event.errors);
    changed({ files: [], errors: event.errors });
  }

  function changed(change: CodeChange): void {
    for (const listener of listeners) listener(change);
  }

  async function run(): Promise<ReplayedAnswer> {
    const events: SessionEvent[] = [];
    take = (event) => {
      events.push(event);
      show(event);
    };
    const { context, key } = options.of;
    const { body, result } = await replays.run({
      function: settings.name,
      event: options.event,
      of: key,
      edited: options.edited,
      context: {
        ...(context.arn === undefined ? {} : { arn: context.arn }),
        clientContext: context.client_context,
        identity: context.identity,
        tenantId: context.tenant_id,
      },
    });
    const { error, id, ok } = result;
    const environment = { ...settings.environment, ...local.of(settings.name) };
    const asRecorded = () => masked({ ok, error, body }, { ...options, settings: { environment } });
    return { requestId: id, ok, error, body, seen: seenOf(events), asRecorded };
  }
}

/** As the recorder of a serve would write it, which has learned the secrets of the event first. */
function masked(
  { body, error, ok }: Pick<ReplayedAnswer, 'ok' | 'error' | 'body'>,
  {
    event,
    redact,
    settings,
  }: Pick<OwnReplay, 'event' | 'redact'> & { readonly settings: Pick<FunctionSettings, 'environment'> },
): ComparedAnswer {
  const masker = new Masker(redact, environmentSecrets(settings.environment));
  finished(masker.document(event));
  return compared({
    ok,
    body: finished(masker.document(body)).bytes,
    error: error && { name: masker.text(error.name), message: masker.text(error.message) },
  });
}

function seenOf(events: readonly SessionEvent[]): ReplayedAnswer['seen'] {
  const invoke = events.find((event) => event.event === 'invoke');
  if (invoke?.event !== 'invoke') return undefined;
  const logs = events.flatMap((event) => (event.event === 'log' && event.id === invoke.id ? [event] : []));
  const result = events.find((event) => event.event === 'result');
  return { invoke, logs, result };
}

function onWorker(event: WorkerEvent, tell: (event: SessionEvent) => void): void {
  if (event.type === 'notice') return tell({ event: 'notice', message: event.message });
  if (event.type !== 'log') return;
  const { functionName, id, level, message, phase } = event;
  tell({ event: 'log', id, phase, function: functionName, level, message });
}

/** The manifest's, and what Lambda sets; no credentials. */
function variablesOf(
  { environment, memorySize, name }: FunctionSettings,
  region: string,
): Record<string, string> {
  const byLambda = {
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'replay',
  };
  return merged(configuredVariables(environment), byLambda, region);
}

/** That of the recording. */
function regionOf({ context }: Pick<InvocationDetail, 'context'>): string {
  const region = (context.arn ?? '').split(':')[3] ?? '';
  return /^[a-z]{2}(-[a-z]+)+-\d$/.test(region) ? region : 'us-east-1';
}
