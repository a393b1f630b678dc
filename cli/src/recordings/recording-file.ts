// A recording as a file: a line of JSON with the summary and the lengths of what follows, then the detail, the event and the
// answer, each with a line end. A file whose length is another one was not written to its end, and is passed over.
import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import * as v from 'valibot';
import { parseJsonAs } from '../../../protocol/json.ts';
import type { InvocationDetail, InvocationSummary, RecordedBody } from './recording.ts';
import { detailSchema, summarySchema } from './recording-schema.ts';
import type { Recording } from './recording-store.ts';

const version = 1;
/** Longest first line; what is longer is no recording. */
const mostHeadBytes = 256 * 1024;
/** Most heads fit into the first read. */
const firstReadBytes = 8192;
/** Above what the largest event and answer take. */
const mostFileBytes = 40 * 1024 * 1024;

const length = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(mostFileBytes));
const headSchema = v.object({
  livectl_recording: v.literal(version),
  detail_bytes: length,
  event_bytes: length,
  result_bytes: length,
  summary: summarySchema,
});

interface Head {
  readonly summary: InvocationSummary;
  /** Where each part is. */
  readonly detail: Span;
  readonly event: Span;
  readonly result: Span;
}

interface Span {
  readonly start: number;
  readonly bytes: number;
}

const lineEnd = Buffer.from('\n');

export function encodeRecording({ detail, event, result, summary }: Recording): readonly Uint8Array[] {
  const detailText = Buffer.from(JSON.stringify(detail));
  const head = {
    livectl_recording: version,
    detail_bytes: detailText.length,
    event_bytes: event.bytes.length,
    result_bytes: result.bytes.length,
    summary,
  };
  const parts = [Buffer.from(JSON.stringify(head)), detailText, event.bytes, result.bytes];
  return parts.flatMap((part) => [part, lineEnd]);
}

/** Creates the file (0600); a link in its place is not followed. Rejects with the file system's error, and leaves nothing then. */
export async function writeRecording(file: string, parts: readonly Uint8Array[]): Promise<number> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  const handle = await open(file, flags, 0o600);
  try {
    const whole = Buffer.concat(parts);
    await handle.writeFile(whole);
    return whole.length;
  } catch (error) {
    await unlink(file).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
}

/** Undefined for whatever is not a whole recording of this user's. Never rejects. */
export function readSummary(file: string): Promise<InvocationSummary | undefined> {
  return withRecording(file, async (_, { summary }) => summary);
}

export function readDetail(file: string): Promise<InvocationDetail | undefined> {
  return withRecording(file, async (handle, { detail }) =>
    parseJsonAs(detailSchema, await readSpan(handle, detail)),
  );
}

export function readBody(file: string, part: 'event' | 'result'): Promise<RecordedBody | undefined> {
  return withRecording(file, async (handle, head) => {
    const detail = parseJsonAs(detailSchema, await readSpan(handle, head.detail));
    if (detail === undefined) return undefined;
    const { event_content_type, event_cut = false, result_content_type, result_cut = false } = detail;
    const bytes = await readSpan(handle, head[part]);
    return part === 'event'
      ? { bytes, contentType: event_content_type, isCut: event_cut }
      : { bytes, contentType: result_content_type ?? 'application/octet-stream', isCut: result_cut };
  });
}

async function withRecording<T>(
  file: string,
  read: (handle: FileHandle, head: Head) => Promise<T | undefined>,
): Promise<T | undefined> {
  let handle: FileHandle | undefined;
  try {
    // A pipe of that name must not block.
    const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = constants;
    handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const head = await readHead(handle);
    return head && (await read(handle, head));
  } catch {
    return undefined;
  } finally {
    await handle?.close().catch(() => undefined);
  }
}

async function readHead(handle: FileHandle): Promise<Head | undefined> {
  const stats = await handle.stat();
  const isOwn = process.getuid === undefined || stats.uid === process.getuid();
  if (!stats.isFile() || !isOwn || stats.size > mostFileBytes) return undefined;
  let text = await readSpan(handle, { start: 0, bytes: Math.min(stats.size, firstReadBytes) });
  let end = text.indexOf(0x0a);
  if (end < 0 && stats.size > firstReadBytes) {
    text = await readSpan(handle, { start: 0, bytes: Math.min(stats.size, mostHeadBytes) });
    end = text.indexOf(0x0a);
  }
  if (end < 0) return undefined;
  const head = parseJsonAs(headSchema, text.subarray(0, end));
  if (head === undefined) return undefined;
  const detail = { start: end + 1, bytes: head.detail_bytes };
  const event = { start: detail.start + detail.bytes + 1, bytes: head.event_bytes };
  const result = { start: event.start + event.bytes + 1, bytes: head.result_bytes };
  if (result.start + result.bytes + 1 !== stats.size) return undefined;
  return { summary: head.summary, detail, event, result };
}

async function readSpan(handle: FileHandle, { bytes, start }: Span): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  let done = 0;
  while (done < bytes) {
    const { bytesRead } = await handle.read(buffer, done, bytes - done, start + done);
    if (bytesRead === 0) throw new Error('the file is shorter than it was');
    done += bytesRead;
  }
  return buffer;
}
