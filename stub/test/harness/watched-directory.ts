// A directory behind a door: counts readings, holds them back or refuses them when told.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface WatchedDirectory {
  readonly endpoint: string;
  reads: number;
  /** A reading has come in. */
  onRead: () => void;
  /** Answers wait for it. */
  hold: Promise<void> | undefined;
  /** Every call is denied. */
  refuses: boolean;
}

const passedOn = ['authorization', 'x-amz-target', 'content-type', 'x-amz-date'];

/** Passes calls on to the table at `endpoint`; ends with the test. */
export async function watchedDirectory(endpoint: string): Promise<WatchedDirectory> {
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    state.reads += 1;
    state.onRead();
    await state.hold;
    if (state.refuses) return response.writeHead(400).end('{"__type":"x#AccessDeniedException"}');
    const headers = Object.fromEntries(passedOn.map((name) => [name, String(request.headers[name])]));
    const answer = await fetch(endpoint, { method: 'POST', headers, body: Buffer.concat(pieces) });
    return response.writeHead(answer.status).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const state: WatchedDirectory = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reads: 0,
    onRead: () => undefined,
    hold: undefined,
    refuses: false,
  };
  return state;
}
