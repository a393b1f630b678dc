// The tunnels of a stage by name, for everything on this machine that connects into its VPCs.
import type { Clock } from '../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { hostOf } from '../../../protocol/tunnel/addresses.ts';
import { type Allow, parseAllow } from '../../../protocol/tunnel/allow.ts';
import { TunnelRefused } from '../../../protocol/tunnel/codes.ts';
import type { StageTunnel } from '../manifest/tunnel-settings.ts';
import type { TunnelEvent } from '../session/session-event.ts';
import type { StartInstance, VpcStream } from './contract.ts';
import { type Route, routeOf } from './route.ts';
import { Tunnel } from './tunnel.ts';

export interface TunnelsOptions {
  /** By name, as in the stage's manifest. */
  readonly tunnels: ReadonlyMap<string, StageTunnel>;
  readonly startOf: (name: string, functionName: string) => StartInstance;
  readonly clock: Clock;
  readonly onEvent: (event: TunnelEvent) => void;
}

interface Known {
  readonly tunnel: Tunnel;
  readonly allow: Allow;
}

export class Tunnels {
  readonly #known: ReadonlyMap<string, Known>;

  constructor({ clock, onEvent, startOf, tunnels }: TunnelsOptions) {
    this.#known = new Map(
      [...tunnels].map(([name, settings]): [string, Known] => {
        const start = startOf(name, settings.functionName);
        const tunnel = new Tunnel({ name, start, clock, onEvent });
        return [name, { tunnel, allow: allowOf(name, settings) }];
      }),
    );
  }

  /** Connects through a tunnel. Rejects as `Tunnel.dial`, and without a start for what its `allow` cannot permit. */
  async dial(name: string, host: string, port: number): Promise<VpcStream> {
    const refusal = this.refusal(name, host, port);
    if (refusal) throw refusal;
    return this.#named(name).tunnel.dial(host, port);
  }

  /** Why a tunnel certainly refuses a destination, as far as can be known here; undefined if it may connect. */
  refusal(name: string, host: string, port: number): TunnelRefused | undefined {
    const { allow } = this.#named(name);
    if (mayPermit(allow, host, port)) return undefined;
    const entries = allow.entries.join(', ');
    return new TunnelRefused(
      'not-allowed',
      `${host}:${port} is not in allow of the tunnel (${entries}): add it to the module’s variable tunnel, and apply`,
    );
  }

  /** Starts a tunnel's function, unless it runs. Rejects as `Tunnel.dial`. */
  warm(name: string): Promise<void> {
    return this.#named(name).tunnel.warm();
  }

  /** Whether a tunnel connects to the host, as far as that is known here: of a name, `addresses` are those that it has here. */
  covers(name: string, host: string, port: number, addresses: readonly string[]): boolean {
    const allow = this.#known.get(name)?.allow;
    if (allow === undefined) return false;
    if (allow.allowsName(host, port)) return true;
    return addresses.length === 0
      ? mayPermit(allow, host, port)
      : addresses.some((address) => allow.allowsAddress(address, port));
  }

  /** Its `allow`, as the manifest has it. */
  allowOf(name: string): readonly string[] {
    return this.#named(name).allow.entries;
  }

  /** Which way a program's connection goes that is not known to be for the VPC. Never rejects. */
  route(name: string, host: string, port: number): Promise<Route> {
    return routeOf(host, port, this.#named(name).allow);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#known.values()].map(({ tunnel }) => tunnel.close()));
  }

  #named(name: string): Known {
    const known = this.#known.get(name);
    if (known === undefined) throw new Error(`there is no tunnel ${name}`);
    return known;
  }
}

/** Throws LD_STAGE for entries that only another version understands. */
function allowOf(name: string, { allow }: StageTunnel): Allow {
  try {
    return parseAllow(allow);
  } catch (cause) {
    const message = `tunnel ${name} of the stage's manifest: ${messageOf(cause)}`;
    throw new LiveDebugError('LD_STAGE', message, {
      remedy: 'use the same version of livectl and the Terraform module, and apply',
      cause,
    });
  }
}

/** The function decides; this only spares it the start for what it must refuse. */
function mayPermit(allow: Allow, text: string, port: number): boolean {
  const host = hostOf(text);
  if (host === undefined) return false;
  if (host.kind === 'address') return allow.allowsAddress(text, port);
  return allow.allowsName(text, port) || allow.hasNetworkFor(port);
}
