// A line between a wrapped function and the table or the relay: its connections can go dead without a word, as those of a
// frozen instance do.
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Line {
  /** The far end's URL, by this line. */
  readonly url: string;
  /** The connections that are open say nothing more, and never end. */
  cut(): void;
  /** The connections that are open end in order; resolves once both ends know. */
  end(): Promise<void>;
  /** New ones say nothing. */
  isDead: boolean;
  /** Somebody waits for an answer that will come. */
  readonly isBusy: boolean;
}

/** Leads to the host of `target`; ends with the test. */
export async function lineTo(target: string): Promise<Line> {
  const far = new URL(target);
  const ends = new Set<Socket>();
  const nears = new Set<Socket>();
  /** Those whose last word has not been answered. */
  const waiting = new Set<Socket>();
  const server = createServer((near) => {
    ends.add(near);
    near.on('error', () => near.destroy()).on('close', () => ends.delete(near));
    nears.add(near);
    if (line.isDead) return;
    const onward = connect({ host: far.hostname, port: Number(far.port) });
    ends.add(onward);
    onward.on('error', () => onward.destroy());
    near.on('data', () => waiting.add(near)).on('close', () => waiting.delete(near));
    onward.on('data', () => waiting.delete(near)).on('close', () => waiting.delete(near));
    near.pipe(onward).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const end of ends) end.destroy();
    server.close();
  });
  const url = new URL(target);
  url.port = String((server.address() as { port: number }).port);
  const line: Line = {
    url: url.href.replace(/\/$/, ''),
    cut: () => {
      for (const end of ends) end.unpipe().resume();
      waiting.clear();
    },
    get isBusy() {
      return waiting.size > 0 && !line.isDead;
    },
    end: async () => {
      const open = [...nears].filter(({ destroyed }) => !destroyed);
      await Promise.all(
        open.map((near) => new Promise((resolve) => near.once('close', resolve).unpipe().resume().end())),
      );
    },
    isDead: false,
  };
  return line;
}
