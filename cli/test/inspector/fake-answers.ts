// What the fake serve answers with: JSON, bodies, exports, and results that a replay has changed.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Exported, exportForms } from '../../src/recordings/export-form.ts';
import { exportText } from '../../src/recordings/export-texts.ts';
import type { InvocationDetail, InvocationSummary, RecordedBody } from '../../src/recordings/recording.ts';
import type { FakeRow } from './fake-history.ts';

/** The recorded result with what an edit of the code would change, so that there is something to compare. */
export function changed(of: FakeRow, event: string): unknown {
  const recorded = Buffer.from(of.result()?.bytes ?? []).toString('utf8');
  const before: unknown = isJson(recorded) ? JSON.parse(recorded) : recorded;
  const isObject = typeof before === 'object' && before !== null && !Array.isArray(before);
  return { ...(isObject ? before : { before }), replayed: true, eventBytes: Buffer.byteLength(event) };
}

export function running({
  code_ms: _,
  init_ms: __,
  wait_ms: ___,
  error: ____,
  http_status: _____,
  ...rest
}: InvocationSummary) {
  return { ...rest, status: 'running' as const, ms: 0, result_bytes: 0 };
}

export function searchable(summary: InvocationSummary): string {
  const { id, function: name, trigger, error } = summary;
  return [id, name, trigger, error?.name ?? '', error?.message ?? ''].join('\n').toLowerCase();
}

export function exported(row: FakeRow, as: string): Exported {
  const form = exportForms.find((each) => each === as);
  if (form === undefined) return { ok: false, reason: `as must be one of ${exportForms.join(', ')}` };
  const detail = { ...row.summary, ...row.detail() } as InvocationDetail;
  const options = { result: row.result()?.bytes, handler: `src/${detail.function}.handler` };
  return exportText(detail, row.event().bytes, form, options);
}

export function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

export function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}

export function plainText(response: ServerResponse, value: string): void {
  response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' }).end(value);
}

export function recordedBytes(response: ServerResponse, { bytes, contentType, isCut }: RecordedBody): void {
  const isText = contentType === 'application/json' || contentType.startsWith('text/');
  response.setHeader('Content-Type', isText ? contentType : 'application/octet-stream');
  response.setHeader('Content-Disposition', 'attachment');
  if (isCut) response.setHeader('X-Cut', 'true');
  response.end(bytes);
}
