// What `serve` is given: the flags that are the same for any stage, the functions, and how to open their stage.
import type { ClockSkew } from '../../../protocol/clock-skew.ts';
import type { ServeState } from '../control/serve-state.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import type { Manifest } from '../manifest/load-manifest.ts';
import type { TriggerTargets } from '../manifest/trigger-targets.ts';
import type { Place } from '../place.ts';
import type { OwnFilter } from '../relay/own-filter.ts';
import type { SessionOptions } from '../session/session.ts';
import type { TunnelEvent } from '../session/session-event.ts';
import type { FunctionVariables } from '../session/variables/function-variables.ts';
import type { Tunnels } from '../tunnel/tunnels.ts';
import type { ServeHintsOptions } from '../vpn/serve-hints.ts';
import type { ManifestWatch } from './manifest-changes.ts';
import type { LayerChoice } from './open-layers.ts';
import type { VariableFlags } from './open-local-variables.ts';
import type { Workspace } from './workspace.ts';

/** The flags that are the same for any stage. */
export interface ServingOptions {
  readonly root: string;
  readonly functions: readonly string[] | undefined;
  /** `--only`: only what matches one of them is served; if empty, everything. */
  readonly filters: readonly OwnFilter[];
  readonly maxWorkers: number;
  readonly noTakeover: boolean;
  /** Functions may run as long as AWS waits; their own timeouts do not apply. */
  readonly noTimeout: boolean;
  /** Functions use this machine's proxies and certificate authorities. */
  readonly machineProxy: boolean;
  /** Functions reach private addresses through the stage's tunnels. */
  readonly tunnel: boolean;
  /** Whether layers that functions name by ARN are fetched. */
  readonly layers: LayerChoice;
  /** Functions are frozen between invocations, as on Lambda. */
  readonly freeze: boolean;
  /** Lets debuggers attach: the first function's port, followed by the others'; 0 chooses free ones. */
  readonly inspect: number | undefined;
  /** The inspector's page and its API are served. */
  readonly inspector: boolean;
  /** `--config`: the local manifest; default livectl.json in the root. */
  readonly config: string | undefined;
  /** `--env` and `--env-file`. */
  readonly variables: VariableFlags;
  /** Invocations are recorded in the project's folder. */
  readonly record: boolean;
  readonly format: 'pretty' | 'json';
  /** The terminal's lines begin with the time. */
  readonly timestamps: boolean;
  readonly verbose: boolean;
}

/** What to serve, and how to open its stage in parallel with the first build. */
export interface StageToServe {
  readonly manifest: Manifest;
  /** Also those that --function leaves out: debugger ports are the same with and without it. Default: those of the manifest. */
  readonly all?: readonly FunctionSettings[];
  /** Where the manifest is a file: how to watch it for a change that is to be served. */
  readonly watch?: ((emit: Workspace['emit']) => ManifestWatch) | undefined;
  /** What is known of the functions' VPCs. */
  readonly privateResources: Omit<ServeHintsOptions, 'onNotice' | 'clock' | 'tunnelOf'>;
  /** The tunnels of the functions, if the stage has some. Throws LD_STAGE as `stageTunnels`. */
  readonly openTunnels?: ((onEvent: (event: TunnelEvent) => void) => StageTunnelsOfFunctions) | undefined;
  /** `localBuilt` settles when local code was built once. */
  readonly open: (workspace: Workspace, localBuilt: Promise<void>) => Promise<OpenedStage>;
}

/** Which tunnel each function uses. */
export interface StageTunnelsOfFunctions {
  readonly tunnels: Tunnels;
  /** By function; only those that have one. */
  readonly nameOf: ReadonlyMap<string, string>;
}

/** A stage that can be served: its relay, its directory and our identity there. */
export interface OpenedStage {
  readonly relay: Omit<SessionOptions['relay'], 'keys'>;
  readonly directory: SessionOptions['directory'];
  readonly caller: string | undefined;
  readonly variables: FunctionVariables;
  /** What is already known of AWS's clock. */
  readonly skew?: ClockSkew | undefined;
  /** The error to show instead of one met on the way to the stage. */
  readonly explain?: (error: unknown) => unknown;
  /** Base URL of the HTTP front, where there is one of our own. */
  readonly url: string | undefined;
  /** Where functions answer over HTTP. */
  readonly functionUrls: ReadonlyMap<string, string>;
  /** What `trigger` and `invoke` on this machine need to know of it. */
  readonly described: ServeState['place'];
  /** What each function's triggers are published to. */
  readonly targets: ReadonlyMap<string, TriggerTargets>;
  /** Wrapped functions of it that are not served, as they are called. */
  readonly notServed?: readonly string[];
  /** Those of a cloud of our own, which leaves what it has not delivered to the next one. */
  readonly sources?: {
    /** Begins to deliver. */
    resume(): void;
    /** Resolves when what was delivered is over; nothing more is. */
    pause(): Promise<void>;
  };
  /** Where it is, as the flags of `trigger` and `invoke` say it. */
  readonly place: Place;
}
