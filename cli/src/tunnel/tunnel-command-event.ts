// What `livectl tunnel` reports, for a program and for a person.
import { printable } from '../log/printable.ts';
import { shellWords } from '../log/shell-words.ts';
import { type Style, style } from '../log/style.ts';
import { tunnelLine } from '../log/tunnel-line.ts';
import type { TunnelEvent } from '../session/session-event.ts';
import { pasteLine, socksLine } from './paste-line.ts';

/** Names and fields are the contract of `livectl tunnel --format json` (docs/tunnel.md). */
export type TunnelCommandEvent =
  | {
      readonly event: 'ready';
      /** The tunnel, in the stage's manifest. */
      readonly tunnel: string;
      /** Where programs of this machine connect to. */
      readonly host: string;
      readonly port: number;
      /** Where that leads to; absent with `--socks`. */
      readonly target?: { readonly host: string; readonly port: number };
      /** With `--socks`: the user, and a file with the password, which only this user can read. */
      readonly user?: string;
      readonly password_file?: string;
    }
  | TunnelEvent
  /** A program's connection could not be made; it was told so. */
  | {
      readonly event: 'connection_failed';
      readonly host: string;
      readonly port: number;
      /** A code of the tunnel (`not-allowed`, `unresolved`, ...) or of livectl (`LD_...`). */
      readonly code: string;
      readonly message: string;
      readonly remedy?: string;
    }
  | { readonly event: 'notice'; readonly message: string };

export interface TunnelView {
  readonly colour: boolean;
  /** Shown instead of the file's name: only on a terminal. */
  readonly password?: string | undefined;
}

/** One line or several. */
export function tunnelCommandLines(event: TunnelCommandEvent, view: TunnelView): string {
  const paint = style(view.colour);
  switch (event.event) {
    case 'ready':
      return readyLines(event, view, paint);
    case 'tunnel':
      return tunnelLine(event, paint);
    case 'connection_failed': {
      const where = event.host === '' ? '' : ` to ${paint.name(printable(`${event.host}:${event.port}`))}`;
      const remedy = event.remedy === undefined ? '' : `\n  ${printable(event.remedy)}`;
      return `${paint.bad('!')} no connection${where}: ${printable(event.message)} ${paint.dim(printable(event.code))}${remedy}`;
    }
    case 'notice':
      return `${paint.dim('·')} ${printable(event.message)}`;
  }
}

function readyLines(
  { host, password_file: file, port, target, user }: Extract<TunnelCommandEvent, { event: 'ready' }>,
  { password }: TunnelView,
  paint: Style,
): string {
  if (target) {
    const to = paint.name(printable(`${target.host}:${target.port}`));
    return [
      `${paint.ok('●')} ${host}:${port} leads to ${to} in the VPC`,
      `  ${printable(pasteLine({ ...target, localPort: port }))}`,
      paint.dim('  Ctrl-C ends it'),
    ].join('\n');
  }
  const shown = password ?? `$(cat ${shellWords([file ?? ''])})`;
  return [
    `${paint.ok('●')} a SOCKS5 proxy into the VPC listens on ${host}:${port}; its user is ${user ?? ''}`,
    `  ${printable(socksLine({ port, user: user ?? '', password: shown }))}`,
    paint.dim('  Ctrl-C ends it'),
  ].join('\n');
}
