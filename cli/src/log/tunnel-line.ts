// The terminal's line about a tunnel into the VPC.
import type { TunnelEvent } from '../session/session-event.ts';
import { printable } from './printable.ts';
import { aboutDollars, plural, size } from './quantities.ts';
import type { Style } from './style.ts';

export function tunnelLine(event: TunnelEvent, paint: Style): string {
  const name = event.name === 'default' ? 'tunnel' : `tunnel ${paint.name(printable(event.name))}`;
  const because = event.reason === undefined ? '' : `: ${printable(event.reason)}`;
  switch (event.state) {
    case 'starting':
      return `${paint.dim('·')} ${name} starts its function in the VPC${because}`;
    case 'running':
      return `${paint.ok('●')} ${name} runs${because}`;
    case 'replacing':
      return `${paint.dim('·')} ${name} starts its next function${because}`;
    case 'ended':
      return `${paint.dim('·')} ${name} ended${because} ${paint.dim(`(${used(event)})`)}`;
    case 'failed':
      return `${paint.bad('!')} ${name} failed${because}`;
  }
}

/** What it has carried, and what that costs. */
function used({ bytes, cost }: Pick<TunnelEvent, 'bytes' | 'cost'>): string {
  return `${size(bytes)}, ${aboutDollars(cost)}`;
}

/** The same for one that runs. */
export function tunnelUse(facts: Pick<TunnelEvent, 'streams' | 'bytes' | 'cost'>): string {
  return `${plural(facts.streams, 'connection')}, ${used(facts)}`;
}
