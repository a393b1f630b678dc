// What `serve` reports when it is ready: each function's URLs, its debuggers, and notices about both.
import { fallbackOf } from '../manifest/fallback.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import type { Manifest } from '../manifest/load-manifest.ts';
import { sourcesOf } from '../manifest/trigger-targets.ts';
import { placeArgs } from '../place.ts';
import type { Session } from '../session/session.ts';
import type { ServedFunction, SessionEvent } from '../session/session-event.ts';
import type { Debugging } from '../worker/debug/debugging.ts';
import { networkNotice } from './network-notice.ts';
import { runtimeNotices } from './runtime-notices.ts';
import type { OpenedStage, ServingOptions } from './stage-to-serve.ts';

export interface ReadyServe {
  readonly manifest: Manifest;
  readonly stage: OpenedStage;
  /** Those whose runtimes no earlier start has described. */
  readonly unseen: readonly FunctionSettings[];
  readonly heldByOthers: Session['heldByOthers'];
  readonly debugging: Debugging | undefined;
  /** Functions use this machine's proxies. */
  readonly machineProxy: boolean;
  readonly filters: ServingOptions['filters'];
  /** A link that opens the inspector; undefined if it does not run. */
  readonly inspector: string | undefined;
  /** When it began to get ready, in milliseconds since the process's start. */
  readonly startedMs: number;
}

/** Emits `ready`, a `debugger` event for each open port, and the notices. */
export function reportReady(serve: ReadyServe, emit: (event: SessionEvent) => void): void {
  const { debugging, filters, heldByOthers, inspector, machineProxy, manifest, stage, startedMs } = serve;
  const { functions } = manifest;
  emit({
    event: 'ready',
    url: stage.url,
    stage: stage.relay.stage,
    functions: functions.map((settings) => {
      const mistakes = manifest.broken?.get(settings.name)?.map(({ path, text }) => `${path}: ${text}`);
      const described = servedFunction(settings, stage, heldByOthers.get(settings.name));
      return mistakes === undefined ? described : { ...described, mistakes };
    }),
    ...(stage.notServed?.length
      ? { not_served: stage.notServed.map((name) => ({ name, url: stage.functionUrls.get(name) })) }
      : {}),
    ...(filters.length > 0 ? { only: filters.map(({ only }) => only) } : {}),
    trigger_args: placeArgs(stage.place),
    ...(inspector === undefined ? {} : { inspector }),
    ms: Math.round(performance.now() - startedMs),
  });
  for (const { functionName, ...endpoint } of debugging?.endpoints ?? [])
    emit({ event: 'debugger', function: functionName, state: 'listening', ...endpoint });
  for (const message of notices(serve.unseen, machineProxy)) emit({ event: 'notice', message });
}

function notices(functions: readonly FunctionSettings[], machineProxy: boolean): string[] {
  const network = machineProxy ? networkNotice() : undefined;
  return [...(network === undefined ? [] : [network]), ...runtimeNotices(functions)];
}

/** How to reach a function, and what answers while nobody serves it. */
export function servedFunction(
  settings: FunctionSettings,
  {
    functionUrls,
    place,
    targets,
  }: Pick<OpenedStage, 'functionUrls' | 'targets'> & {
    readonly place: Pick<OpenedStage['place'], 'kind'>;
  },
  heldBy?: ServedFunction['held_by'],
): ServedFunction {
  const { name, wrap } = settings;
  const ofFunction = targets.get(name) ?? {};
  const { http, function_url: functionUrl } = ofFunction;
  // The local cloud treats unsigned requests as the developer's.
  const isSigned = place.kind === 'stage' && functionUrl?.authorization_type === 'AWS_IAM';
  const isPublic =
    place.kind === 'stage' && [http, functionUrl].some((each) => each?.authorization_type === 'NONE');
  return {
    name,
    url: functionUrls.get(name),
    ...(http ? { method: http.method, route_authorization_type: http.authorization_type } : {}),
    ...(isPublic ? { public: true } : {}),
    ...(functionUrl ? { function_url: functionUrl.url } : {}),
    ...(isSigned ? { authorization_type: 'AWS_IAM' } : {}),
    ...(heldBy ? { held_by: heldBy } : {}),
    mode: wrap ? 'wrap' : 'replace',
    fallback: place.kind === 'local' ? fallbackOf({ wrap }) : fallbackOf(settings),
    triggers: sourcesOf(ofFunction),
  };
}
