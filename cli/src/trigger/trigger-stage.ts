// The stage that `trigger` and `invoke` use: from the directory for a stage on AWS, or from the state file of a running
// `serve --local` on this machine.
import { realpathSync } from 'node:fs';
import { systemClock } from '../../../protocol/clock.ts';
import { servingClient } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { emulatorOf, hasEmulator } from '../aws/endpoints.ts';
import { explainDirectory } from '../aws/explain-directory.ts';
import { proxyAgent } from '../aws/proxy-agents.ts';
import { openStage, type StageOptions } from '../aws/stage.ts';
import { type LocalCloud, type RunningServe, readServeStates } from '../control/serve-state.ts';
import { type Watch, watchServe } from '../control/watch.ts';
import { shellWords } from '../log/shell-words.ts';
import { didYouMean } from '../manifest/did-you-mean.ts';
import { fallbackOf } from '../manifest/fallback.ts';
import { readStageManifest } from '../manifest/stage-manifest.ts';
import { type Place, placeArgs } from '../place.ts';
import { Aws } from './aws.ts';
import type { TriggerFunction } from './sources/sources.ts';
import type { ServedBy } from './trigger-lines.ts';

export interface TriggerStage {
  /** For error messages, e.g. `stage dev-tom`. */
  readonly name: string;
  readonly functions: readonly TriggerFunction[];
  readonly aws: Aws;
  /** The flags that select it. */
  readonly args: readonly string[];
  /** The command that would serve it on this machine. */
  readonly serveCommand: string;
  /** Watches the serve on this machine from now on; undefined if there is none. */
  watch(): Promise<Watch | undefined>;
  /** Who serves a function, on any machine; undefined if unknown. Never rejects. */
  servedBy(functionName: string): Promise<ServedBy | undefined>;
  close(): void;
}

/** Rejects with LD_NO_CLIENT if no `serve --local` runs, and with the directory's errors for a stage on AWS. */
export function openTriggerStage(place: Place): Promise<TriggerStage> {
  return place.kind === 'stage' ? openAws(place) : openLocal(place.root, place.config);
}

/** The function with that name. Throws LD_CONFIG with the candidates. */
export function functionNamed(name: string, stage: TriggerStage): TriggerFunction {
  const known = stage.functions.find((each) => each.name === name);
  if (known) return known;
  const names = stage.functions.map((each) => each.name);
  throw new LiveDebugError(
    'LD_CONFIG',
    `there is no function ${JSON.stringify(name)}${didYouMean(name, names) || '.'}`,
    { remedy: `functions of ${stage.name}: ${names.join(', ')}` },
  );
}

async function openAws(options: StageOptions): Promise<TriggerStage> {
  const { stage: name } = options;
  const args = placeArgs({ kind: 'stage', ...options });
  const { context, directory, http, identity } = await openStage(options);
  try {
    const { region } = identity;
    const { functionNames, functions, targets } = await readStageManifest(directory, name, undefined, {
      region,
      isEmulated: hasEmulator(),
    }).catch((error: unknown) => {
      throw explainDirectory(error, context);
    });
    return {
      name: `stage ${name}`,
      functions: functions.map((settings) => ({
        name: settings.name,
        lambdaName: functionNames.get(settings.name) ?? settings.name,
        targets: targets.get(settings.name) ?? {},
        fallback: fallbackOf(settings),
        qualifier: settings.qualifier,
      })),
      aws: new Aws({
        region,
        credentials: identity.credentials,
        profile: options.profile,
        endpointFor: emulatorOf,
        agentFor: proxyAgent,
        http,
      }),
      args,
      serveCommand: shellWords(['livectl', 'serve', ...args]),
      watch: async () => {
        const serves = (await readServeStates()).filter(
          ({ place }) =>
            place.kind === 'stage' &&
            place.stage === name &&
            place.table === context.tableName &&
            place.region === region,
        );
        return (await firstThatAnswers(serves))?.watch;
      },
      servedBy: async (functionName) => {
        const clients = await directory.clients(name).catch(() => undefined);
        if (clients === undefined) return undefined;
        const client = servingClient(clients, functionName, systemClock.now());
        return client === undefined ? 'nobody' : { user: client.user, host: client.host };
      },
      close: () => http.close(),
    };
  } catch (error) {
    http.close();
    throw error;
  }
}

async function openLocal(root: string, config: string | undefined): Promise<TriggerStage> {
  const folder = realPath(root, '--root');
  const manifest = config === undefined ? undefined : realPath(config, '--config');
  const isLocal = (serve: RunningServe): serve is RunningServe & { place: LocalCloud } =>
    serve.place.kind === 'local';
  const locals = (await readServeStates()).filter(isLocal);
  const found = await firstThatAnswers(
    locals.filter((serve) => serve.root === folder && (manifest ?? serve.manifest) === serve.manifest),
  );
  if (found === undefined) throw notServed(folder, locals);
  const { serve, watch } = found;
  const { credentials, endpoint, fallbacks, qualifiers, region, targets } = serve.place;
  const http = new HttpClient();
  return {
    name: serve.manifest,
    functions: serve.functions.map((name) => ({
      name,
      lambdaName: name,
      targets: targets[name] ?? {},
      fallback: fallbacks[name] ?? { kind: 'none' },
      qualifier: qualifiers[name],
    })),
    aws: new Aws({
      region,
      credentials: async () => credentials,
      profile: undefined,
      endpointFor: () => endpoint,
      agentFor: () => undefined,
      http,
    }),
    args: placeArgs({ kind: 'local', root, config }),
    serveCommand: serveLocal(folder),
    watch: async () => watch,
    servedBy: async () => undefined,
    close: () => {
      watch.close();
      http.close();
    },
  };
}

function notServed(folder: string, locals: readonly RunningServe[]): LiveDebugError {
  const others = [...new Set(locals.map(({ root }) => root))].filter((root) => root !== folder);
  const elsewhere = others.length === 0 ? '' : `; it runs for ${others.join(', ')}: name one with --root`;
  return new LiveDebugError('LD_NO_CLIENT', `no livectl serve --local runs for ${folder}`, {
    remedy: `start it in another terminal: ${serveLocal(folder)}${elsewhere}`,
  });
}

function serveLocal(root: string): string {
  return shellWords(['livectl', 'serve', ...placeArgs({ kind: 'local', root, config: undefined })]);
}

async function firstThatAnswers<Serve extends RunningServe>(
  serves: readonly Serve[],
): Promise<{ readonly serve: Serve; readonly watch: Watch } | undefined> {
  for (const serve of serves) {
    const watch = await watchServe(serve);
    if (watch) return { serve, watch };
  }
  return undefined;
}

function realPath(path: string, flag: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    throw new LiveDebugError('LD_CONFIG', `${flag}: ${path} does not exist`, { cause });
  }
}
