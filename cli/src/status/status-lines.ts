// `livectl status` for a person to read.
import { noticeableSkewMs } from '../../../protocol/clock-skew.ts';
import { type ClientItem, observedBy, servedBy } from '../../../protocol/directory.ts';
import { onlyOf } from '../../../protocol/filter-words.ts';
import { printable } from '../log/printable.ts';
import { plural, skewWords } from '../log/quantities.ts';
import { fallbackWords } from '../log/ready-lines.ts';
import { shellWords } from '../log/shell-words.ts';
import { type Style, style } from '../log/style.ts';
import { tunnelUse } from '../log/tunnel-line.ts';
import type { Fallback } from '../manifest/fallback.ts';
import type { UsedTunnel } from '../tunnel/tunnel-item.ts';

export type RelayStatus =
  | { readonly url: string; readonly reachable: true; readonly ms: number }
  | { readonly url: string; readonly reachable: false; readonly error: string };

/**
 * `stub`: a complete stub of the stage that was asked for. `own`: no part of a stub. `half`: an update of the function failed
 * midway. `other`: a complete stub of another stage. `updating`: Lambda is still updating it. `missing`: there is no such
 * function. `unknown`: AWS did not answer. Of wrapped functions: `wrapped` if everything is in place, `unwrapped` if
 * something of the module is missing and the deployed code answers, `half` if Lambda can't start them.
 */
export type DeployedState =
  | 'stub'
  | 'own'
  | 'half'
  | 'other'
  | 'updating'
  | 'missing'
  | 'unknown'
  | 'wrapped'
  | 'unwrapped';

/** Also an object of `status --format json`. */
export interface DeployedFunction {
  /** The function's name on AWS. */
  readonly function_name: string;
  readonly state: DeployedState;
  /** From the stage's manifest; absent if no stage was asked for. */
  readonly mode?: 'replace' | 'wrap';
  /** What answers while nobody serves it; absent as `mode`. */
  readonly fallback?: Fallback;
  /** The stage that its variables name. */
  readonly stage?: string;
  /** What is not as it should be; empty for a complete stub, and for `own` if no stage was asked for. */
  readonly problems: readonly string[];
  /** How to fix them. */
  readonly remedy?: string;
}

/** Also the object of `status --format json`. */
export interface StageStatus {
  readonly event: 'status';
  readonly stage: string;
  readonly table: string;
  readonly region: string;
  /** Only for a stage whose invocations are not authenticated; absent for later modules. */
  readonly module?: '0.1';
  /** Nobody may serve it. */
  readonly observe_only?: true;
  readonly functions: readonly string[];
  /** What is deployed in each function's place, in the order of `functions`. */
  readonly deployed: readonly DeployedFunction[];
  readonly relay: RelayStatus;
  /** How far AWS's clock is ahead of this machine's; absent if unknown. */
  readonly clock?: { readonly ahead_ms: number; readonly within_ms: number };
  readonly clients: readonly {
    /** `*`, or the name of one function. */
    readonly function: string;
    /** The same, as version 0.1 called it. */
    readonly serves: string;
    /** The filter by which it serves a part of the invocations, as it was written; absent where it serves the others. */
    readonly only?: string;
    /** It gets copies of what is answered without it, and answers nothing. */
    readonly observe?: true;
    readonly user: string;
    readonly host: string;
    readonly caller?: string;
    readonly version: string;
    /** ISO 8601. */
    readonly since: string;
    readonly lease_seconds_left: number;
    readonly live: boolean;
  }[];
  /** Tunnel functions that somebody uses now, the newest first. */
  readonly tunnels: readonly TunnelStatus[];
}

/** A tunnel function in use, as its livectl wrote it at most half a minute ago. */
export interface TunnelStatus {
  /** In the stage's manifest. */
  readonly name: string;
  readonly state: UsedTunnel['state'];
  readonly user: string;
  readonly host: string;
  /** Connections that are open. */
  readonly streams: number;
  readonly bytes: number;
  /** In US dollars, about. */
  readonly cost: number;
  /** ISO 8601. */
  readonly since: string;
}

export function tunnelStatus({
  bytes,
  cost,
  host,
  name,
  since,
  state,
  streams,
  user,
}: UsedTunnel): TunnelStatus {
  return { name, state, user, host, streams, bytes, cost, since: new Date(since).toISOString() };
}

/** One client as `status` shows it; `now` in milliseconds since the epoch. */
export function clientStatus(client: ClientItem, now: number): StageStatus['clients'][number] {
  const { caller, host, leaseUntil, since, user, version } = client;
  const observed = observedBy(client);
  const functionName = observed ?? servedBy(client).functionName;
  const only = onlyOf(client);
  return {
    function: functionName,
    serves: functionName,
    ...(only === undefined ? {} : { only }),
    ...(observed === undefined ? {} : { observe: true }),
    user,
    host,
    ...(caller === undefined ? {} : { caller }),
    version,
    since: new Date(since).toISOString(),
    lease_seconds_left: Math.round((leaseUntil - now) / 1000),
    live: leaseUntil > now,
  };
}

/** Several lines, joined. */
export function statusLines(status: StageStatus, colour: boolean): string {
  const paint = style(colour);
  const { clients, clock, deployed, functions, region, relay, stage, table } = status;
  const lines = [
    `stage ${paint.name(printable(stage))} in ${printable(region)} ${paint.dim(`(table ${printable(table)})`)}`,
  ];
  if (status.module !== undefined)
    lines.push(
      `  module     ${paint.warn(status.module)}: its invocations are not authenticated; apply module 0.2`,
    );
  lines.push(`  functions  ${functions.map(printable).join(', ')}`);
  const isWhole = ({ problems, state }: DeployedFunction) =>
    (state === 'stub' || state === 'wrapped') && problems.length === 0;
  const whole = deployed.filter(isWhole);
  const others = deployed.filter((one) => !whole.includes(one));
  lines.push(
    `  deployed   ${others.length === 0 ? paint.ok(wholeWords(whole)) : `${whole.length} of ${deployed.length} are live in this stage`}`,
    ...deployedLines(others, colour).map((line) => `             ${line}`),
  );
  lines.push(...unservedLines(deployed, paint));
  lines.push(
    relay.reachable
      ? `  relay      ${paint.ok('reachable')} in ${relay.ms} ms ${paint.dim(printable(relay.url))}`
      : `  relay      ${paint.bad('not reachable')}: ${printable(relay.error)}`,
  );
  if (clock !== undefined) lines.push(`  clock      ${clockWords(clock, paint)}`);
  if (status.observe_only) lines.push('  served by  nobody: it may only be observed, with --observe');
  else if (clients.every(({ observe }) => observe))
    lines.push(`  served by  nobody; run: ${printable(shellWords(['livectl', 'serve', '--stage', stage]))}`);
  for (const client of clients) {
    const parts = [
      ...(client.serves === '*' ? [] : [`${printable(client.serves)} only`]),
      ...(client.only === undefined ? [] : [`where ${printable(client.only)}`]),
    ];
    const what = parts.length === 0 ? '' : ` (${parts.join(', ')})`;
    const who = `${printable(client.user)} on ${printable(client.host)}${what} since ${client.since}, livectl ${printable(client.version)}`;
    const lease = client.live
      ? paint.ok(`lease valid for ${client.lease_seconds_left} s`)
      : paint.warn(`lease expired ${-client.lease_seconds_left} s ago`);
    lines.push(`  ${client.observe ? 'observed by' : 'served by '} ${who}, ${lease}`);
    if (client.caller) lines.push(`             ${paint.dim(printable(client.caller))}`);
  }
  for (const tunnel of status.tunnels) {
    const who = `${printable(tunnel.user)} on ${printable(tunnel.host)} since ${tunnel.since}`;
    const name = tunnel.name === 'default' ? '' : `${paint.name(printable(tunnel.name))} `;
    lines.push(`  tunnel     ${name}${tunnel.state}: ${who}, ${tunnelUse(tunnel)}`);
  }
  return lines.join('\n');
}

/** E.g. `2 stubs, 1 wrapped`. */
function wholeWords(whole: readonly DeployedFunction[]): string {
  const wrapped = whole.filter(({ state }) => state === 'wrapped').length;
  const stubs = whole.length - wrapped;
  const words = [
    ...(stubs > 0 || wrapped === 0 ? [plural(stubs, 'stub')] : []),
    ...(wrapped > 0 ? [`${wrapped} wrapped`] : []),
  ];
  return words.join(', ');
}

/** Which functions answer while nobody serves, and how; empty if all of them fail. */
function unservedLines(deployed: readonly DeployedFunction[], paint: Style): string[] {
  const groups = new Map<string, string[]>();
  for (const { fallback, function_name: name } of deployed) {
    if (fallback === undefined) continue;
    const words = fallbackWords(fallback);
    groups.set(words, [...(groups.get(words) ?? []), printable(name)]);
  }
  if (deployed.every(({ fallback }) => fallback === undefined || fallback.kind === 'none')) return [];
  return [...groups].map(([words, names]) => `  unserved   ${names.join(', ')}: ${paint.dim(words)}`);
}

const stateWords: Readonly<Record<DeployedState, string>> = {
  stub: 'a stub',
  own: 'its own package',
  half: 'partly live: its invocations fail',
  other: 'live, but not as this stage has it',
  updating: 'being updated',
  missing: 'not found',
  unknown: 'unknown',
  wrapped: 'its own package, wrapped',
  unwrapped: 'its own package, not wrapped',
};

/** How a function that is live for no stage comes back. */
const switchOff: Partial<Record<DeployedState, string>> = {
  stub: 'have the function take its own package where the module’s output stub is null, and terraform apply',
  wrapped:
    'have the function take the module’s outputs layers and environment, which are empty then, and terraform apply',
};

/** A line for each function, followed by what is wrong and how to fix it. */
export function deployedLines(deployed: readonly DeployedFunction[], colour: boolean): string[] {
  const paint = style(colour);
  return deployed.flatMap(({ function_name: name, mode, problems, remedy, stage, state }) => {
    const isWell = problems.length === 0;
    // Without a stage it is not known whether the function should be live.
    const off = isWell && mode === undefined ? switchOff[state] : undefined;
    const of =
      (state === 'stub' || state === 'wrapped') && stage !== undefined ? ` of stage ${printable(stage)}` : '';
    return [
      `${paint.name(printable(name))}: ${(isWell ? paint.ok : paint.bad)(stateWords[state])}${of}`,
      ...problems.map((problem) => `  ${printable(problem)}`),
      ...(remedy === undefined ? [] : [`  ${paint.dim(`to fix: ${printable(remedy)}`)}`]),
      ...(off === undefined ? [] : [`  ${paint.dim(`if the stage is off: ${off}`)}`]),
    ];
  });
}

function clockWords({ ahead_ms, within_ms }: NonNullable<StageStatus['clock']>, paint: Style): string {
  const exact = paint.dim(`(to ${Math.round(within_ms)} ms)`);
  if (Math.abs(ahead_ms) < noticeableSkewMs + within_ms) return `${paint.ok('agrees')} with AWS’s ${exact}`;
  return `${paint.warn(`${skewWords(ahead_ms)} AWS’s`)} ${exact}; set it, e.g. turn on network time`;
}
