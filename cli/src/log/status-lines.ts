// `livectl status` for a person to read.
import { printable } from './printable.ts';
import { style } from './style.ts';

export type RelayStatus =
  | { readonly url: string; readonly reachable: true; readonly ms: number }
  | { readonly url: string; readonly reachable: false; readonly error: string };

/** Also the object of `status --format json`. */
export interface StageStatus {
  readonly event: 'status';
  readonly stage: string;
  readonly table: string;
  readonly region: string;
  readonly functions: readonly string[];
  readonly relay: RelayStatus;
  readonly clients: readonly {
    /** `*`, or the one function. */
    readonly serves: string;
    readonly user: string;
    readonly host: string;
    readonly caller?: string;
    readonly version: string;
    /** ISO 8601. */
    readonly since: string;
    readonly lease_seconds_left: number;
    readonly live: boolean;
  }[];
}

/** Several lines, joined. */
export function statusLines(status: StageStatus, colour: boolean): string {
  const paint = style(colour);
  const { clients, functions, region, relay, stage, table } = status;
  const lines = [`stage ${paint.name(stage)} in ${region} ${paint.dim(`(table ${table})`)}`];
  lines.push(`  functions  ${functions.join(', ')}`);
  lines.push(
    relay.reachable
      ? `  relay      ${paint.ok('reachable')} in ${relay.ms} ms ${paint.dim(relay.url)}`
      : `  relay      ${paint.bad('not reachable')}: ${printable(relay.error)}`,
  );
  if (clients.length === 0) lines.push(`  served by  nobody; run: livectl serve --stage ${stage}`);
  for (const client of clients) {
    const what = client.serves === '*' ? '' : ` (${client.serves} only)`;
    const who = `${printable(client.user)} on ${printable(client.host)}${what} since ${client.since}, livectl ${printable(client.version)}`;
    const lease = client.live
      ? paint.ok(`lease holds ${client.lease_seconds_left} s more`)
      : paint.warn(`lease ran out ${-client.lease_seconds_left} s ago`);
    lines.push(`  served by  ${who}, ${lease}`);
    if (client.caller) lines.push(`             ${paint.dim(printable(client.caller))}`);
  }
  return lines.join('\n');
}
