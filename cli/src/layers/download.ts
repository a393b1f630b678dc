// Downloads a layer's zip file from its signed link, within bounds of size and time. The link is never shown.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import http, { type Agent, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { type Clock, systemClock } from '../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';

interface DownloadOptions {
  readonly url: URL;
  /** Created, 0600; must not exist. */
  readonly file: string;
  /** Exactly this many bytes are expected. */
  readonly size: number;
  /** As Lambda's API gave it, in hexadecimal. */
  readonly sha256: string;
  /** The Lambda endpoint that gave the link, where the environment sets another one than AWS's. */
  readonly emulator: string | undefined;
  readonly agentFor: (url: URL) => Agent | undefined;
  readonly bounds?: DownloadBounds;
  readonly clock?: Clock;
}

/** Milliseconds. */
export interface DownloadBounds {
  /** Without a byte. */
  readonly silenceMs: number;
  readonly totalMs: number;
}

const defaultBounds: DownloadBounds = { silenceMs: 30_000, totalMs: 10 * 60_000 };

/** The link has expired, or was never valid: a new one is given by Lambda's API. */
export class LinkRefused extends LiveDebugError {}

/**
 * Resolves when the file has these bytes and this hash. Rejects with LinkRefused on a 403, otherwise with LD_AWS. The content
 * must not be read before that.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { bounds = defaultBounds, clock = systemClock, emulator, file, sha256, size, url } = options;
  if (!isAllowed(url, emulator)) {
    throw new LiveDebugError('LD_AWS', `its link leads to ${url.protocol}//${url.host}, not to https`, {
      remedy: 'check AWS_ENDPOINT_URL: something other than AWS answers there',
    });
  }
  const fail = (what: string, cause?: unknown) =>
    new LiveDebugError('LD_AWS', `${what} from ${url.host}`, {
      remedy: 'check the network and HTTPS_PROXY, and start again',
      cause,
    });
  const ended = new AbortController();
  const timer = clock.after(bounds.totalMs, () =>
    ended.abort(new Error(`not complete within ${bounds.totalMs / 1000} s`)),
  );
  const target = await open(file, 'wx', 0o600);
  try {
    const response = await answerOf(options, bounds.silenceMs, ended.signal);
    const { statusCode = 0 } = response;
    if (statusCode !== 200) {
      response.destroy();
      if (statusCode !== 403) throw fail(`an answer with status ${statusCode}`);
      throw new LinkRefused('LD_AWS', `${url.host} does not accept the link of Lambda (403)`, {
        remedy: 'set the clock, e.g. turn on network time, and start again',
      });
    }
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const part of response as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > size) throw fail(`more than the ${size} bytes that Lambda names`);
      hash.update(part);
      await target.write(part);
    }
    if (bytes !== size) throw fail(`only ${bytes} of ${size} bytes`);
    if (hash.digest('hex') !== sha256) {
      throw new LiveDebugError('LD_AWS', `what ${url.host} sent has another SHA-256 than Lambda names`, {
        remedy: 'check what is between this machine and AWS, e.g. HTTPS_PROXY; nothing of it was unpacked',
      });
    }
  } catch (error) {
    if (error instanceof LiveDebugError) throw error;
    throw fail(
      `no complete answer (${messageOf(ended.signal.aborted ? ended.signal.reason : error)})`,
      error,
    );
  } finally {
    timer.cancel();
    ended.abort();
    await target.close();
  }
}

/** Without credentials, and no redirect is followed. */
function answerOf(
  { agentFor, url }: DownloadOptions,
  silenceMs: number,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const agent = agentFor(url);
    const request = (url.protocol === 'https:' ? https : http).get(url, {
      signal,
      timeout: silenceMs,
      ...(agent ? { agent } : {}),
    });
    request.on('timeout', () => request.destroy(new Error(`silent for ${silenceMs / 1000} s`)));
    request.on('error', reject);
    request.on('response', (response) => {
      // The iterator over the answer reports its errors.
      request.off('error', reject);
      request.on('error', (error) => response.destroy(error));
      resolve(response);
    });
  });
}

/** An emulator has no certificate, and serves its links itself. */
function isAllowed(url: URL, emulator: string | undefined): boolean {
  if (url.protocol === 'https:') return true;
  if (url.protocol !== 'http:' || emulator === undefined) return false;
  return new URL(emulator).hostname === url.hostname;
}
