// `livectl vpn --check` for a person to read, and for machines.

import { printable } from '../log/printable.ts';
import { style } from '../log/style.ts';
import type { CheckedEndpoint, Verdict } from './check-endpoint.ts';
import type { FunctionCheck } from './check-functions.ts';

/** One endpoint of `vpn --check --format json`. */
export interface EndpointEvent {
  readonly event: 'endpoint';
  readonly function: string;
  readonly variable: string;
  readonly host: string;
  readonly port?: number;
  readonly address?: string;
  readonly private: boolean;
  readonly verdict: Verdict | 'unreadable';
  readonly ms: number;
  readonly interface?: string;
  readonly gateway?: string;
  /** The tunnel through which it was tested; absent if it was tested from this machine. */
  readonly tunnel?: string;
  readonly vpn?: boolean;
  readonly remedy?: string;
}

/** An endpoint's name: never more of a variable's value than host and port. */
export function endpointText({ endpoint, port }: Pick<CheckedEndpoint, 'endpoint' | 'port'>): string {
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  const ports = port === undefined ? endpoint.ports.join(' or ') : String(port);
  return ports === '' ? host : `${host}:${ports}`;
}

/** The JSON object of one endpoint. */
export function endpointEvent(
  functionName: string,
  checked: CheckedEndpoint,
  remedy: string | undefined,
): EndpointEvent {
  const { address, endpoint, ms, port, route, verdict } = checked;
  return {
    event: 'endpoint',
    function: functionName,
    variable: endpoint.variable,
    host: endpoint.host,
    ...(port === undefined ? {} : { port }),
    ...(address === undefined ? {} : { address }),
    private: checked.private,
    verdict,
    ms,
    ...(route === undefined ? {} : { interface: route.interface, vpn: route.vpn }),
    ...(route?.gateway === undefined ? {} : { gateway: route.gateway }),
    ...(checked.tunnel === undefined ? {} : { tunnel: checked.tunnel }),
    ...(remedy === undefined ? {} : { remedy }),
  };
}

const words: Readonly<Record<Verdict, string>> = {
  reachable: 'reachable',
  refused: 'refused',
  timeout: 'no answer',
  unreachable: 'no route',
  unresolved: 'no address',
  not_allowed: 'not allowed',
  no_port: 'no port known',
  public: 'on the internet, not tested',
};

/** The lines of one function, joined. */
export function functionCheckLines(
  check: FunctionCheck,
  where: string | undefined,
  remedyOf: (checked: CheckedEndpoint) => string | undefined,
  colour: boolean,
): string {
  const paint = style(colour);
  const lines = [`${paint.name(printable(check.name))}${where ? paint.dim(`  ${printable(where)}`) : ''}`];
  for (const checked of check.checked) {
    const { address, endpoint, ms, route, verdict } = checked;
    const good = verdict === 'reachable';
    const calm = verdict === 'public' || verdict === 'no_port';
    const mark = good ? paint.ok('✓') : calm ? paint.dim('·') : paint.bad('✗');
    const to = address === undefined || address === endpoint.host ? '' : ` → ${printable(address)}`;
    const kind = address === undefined ? '' : checked.private ? ' (private)' : ' (public)';
    const gateway = route?.gateway ? ` via ${printable(route.gateway)}` : '';
    const by =
      checked.tunnel !== undefined
        ? paint.dim(
            ` through the tunnel${checked.tunnel === 'default' ? '' : ` ${printable(checked.tunnel)}`}`,
          )
        : route === undefined
          ? ''
          : paint.dim(` by ${printable(route.interface)}${gateway}`);
    const word = good
      ? paint.ok(words[verdict])
      : calm
        ? paint.dim(words[verdict])
        : paint.bad(words[verdict]);
    const time = good || verdict === 'timeout' ? paint.dim(` ${ms} ms`) : '';
    lines.push(
      `  ${mark} ${printable(endpoint.variable)}  ${printable(endpointText(checked))}${to}${kind}  ${word}${time}${by}`,
    );
    const remedy = remedyOf(checked);
    if (remedy !== undefined) lines.push(`      ${printable(remedy)}`);
  }
  for (const { variable, reason } of check.unreadable)
    lines.push(`  ${paint.warn('!')} ${printable(variable)}  not read: ${printable(reason)}`);
  if (lines.length === 1) lines.push(paint.dim('  names no endpoint in its environment'));
  return lines.join('\n');
}
