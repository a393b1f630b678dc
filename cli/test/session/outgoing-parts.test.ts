// The parts of a streamed response: when they are cut, how far the window lets them run, what is sent again.
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import {
  OutgoingParts,
  type Part,
  partBytes,
  windowBytes,
  windowParts,
} from '../../src/session/outgoing-parts.ts';

/** A line whose posts the test ends one by one. */
class Line {
  readonly clock = new ManualClock();
  readonly posts: { readonly part: Part; readonly done: (taken: boolean) => void }[] = [];
  readonly parts = new OutgoingParts({
    clock: this.clock,
    post: (part) => new Promise((done) => this.posts.push({ part, done })),
  });

  write(bytes: string | number): Promise<void> | undefined {
    return this.parts.write(typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.alloc(bytes, 'x'), 't/x');
  }

  /** Every post so far, as index and text or size. */
  get sent(): string[] {
    return this.posts.map(({ part: { index, bytes } }) =>
      bytes.length > 20 ? `${index}: ${bytes.length} bytes` : `${index}: ${Buffer.from(bytes)}`,
    );
  }

  /** Ends the posts that are under way. */
  async take(taken = true): Promise<void> {
    for (const { done } of this.posts) done(taken);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('cutting', () => {
  test('sends at once while nothing is under way, and collects behind a post', async () => {
    const line = new Line();
    line.write('a');
    expect(line.sent).toEqual(['0: a']);
    line.write('b');
    line.write('c');
    expect(line.sent).toEqual(['0: a']);
    await line.take();
    expect(line.sent).toEqual(['0: a', '1: bc']);
    await line.take();
    line.write('d');
    expect(line.sent).toEqual(['0: a', '1: bc', '2: d']);
  });

  test('sends full parts in parallel, eight at most', () => {
    const line = new Line();
    line.write(10 * partBytes + 1);
    expect(line.sent).toEqual(Array.from({ length: 8 }, (_, index) => `${index}: ${partBytes} bytes`));
  });

  test('leaves the last bytes to the answer', async () => {
    const line = new Line();
    line.write('a');
    line.write('rest');
    expect(Buffer.from((await line.parts.end(1e15)) ?? '').toString()).toBe('rest');
    await line.take();
    expect(line.sent).toEqual(['0: a']);
    expect(line.parts.count).toBe(1);
  });

  test('leaves nothing to an error', async () => {
    const line = new Line();
    line.write('a');
    line.write('rest');
    line.parts.append((await line.parts.end(1e15)) ?? new Uint8Array());
    expect(line.sent).toEqual(['0: a', '1: rest']);
    expect(line.parts.count).toBe(2);
  });
});

describe('the window', () => {
  /** Fills it: everything that may be sent is sent. */
  async function filled() {
    const line = new Line();
    const room = line.write(windowBytes + partBytes);
    for (let posts = -1; posts !== line.posts.length; ) {
      posts = line.posts.length;
      await line.take();
    }
    return { line, room };
  }

  test('ends at 1 MB without an acknowledgement, and moves on with every acknowledgement', async () => {
    const { line, room } = await filled();
    expect(line.sent).toHaveLength(windowBytes / partBytes);
    let hasRoom = false;
    void room?.then(() => {
      hasRoom = true;
    });
    line.parts.acknowledge(1);
    await line.take();
    expect(line.sent.at(-1)).toBe(`16: ${partBytes} bytes`);
    expect(hasRoom).toBe(false);
    line.parts.acknowledge(2);
    await room;
    expect(line.parts.heldBytes).toBe(windowBytes - partBytes);
  });

  test('counts small parts as well', async () => {
    const line = new Line();
    for (let part = 0; part < windowParts; part += 1) {
      expect(line.parts.heldBytes).toBe(part);
      line.write('x');
      await line.take();
    }
    expect(line.sent).toHaveLength(windowParts);
    const room = line.write('y');
    await line.take();
    expect(line.sent).toHaveLength(windowParts);
    line.parts.acknowledge(windowParts);
    await room;
    expect(line.sent.at(-1)).toBe(`${windowParts}: y`);
  });

  test('holds the end back, at most until the deadline', async () => {
    const { line } = await filled();
    line.write(partBytes);
    const end = line.parts.end(line.clock.now() + 1000);
    line.clock.advance(999);
    line.parts.acknowledge(0);
    line.clock.advance(1);
    expect(await end).toBeUndefined();
  });

  test('holds the end back until the stub has taken enough', async () => {
    const { line } = await filled();
    line.write('tail');
    const end = line.parts.end(1e15);
    line.parts.acknowledge(4);
    expect(Buffer.from((await end) ?? '').toString()).toBe('tail');
  });

  test('accepts an old acknowledgement, or one of more than there is', async () => {
    const { line } = await filled();
    line.parts.acknowledge(5);
    await line.take();
    const held = line.parts.heldBytes;
    line.parts.acknowledge(3);
    expect(line.parts.heldBytes).toBe(held);
    line.parts.acknowledge(1_000_000);
    await line.take();
    expect(line.parts.heldBytes).toBe(0);
    line.write('on');
    expect(line.sent.at(-1)).toBe('17: on');
  });
});

describe('a line that breaks', () => {
  test('sends nothing more until the stub asks, then what it lacks, in order, and goes on', async () => {
    const line = new Line();
    line.write('a');
    await line.take();
    line.write('b');
    await line.take(false);
    line.write('c');
    expect(line.sent).toEqual(['0: a', '1: b']);
    line.parts.resume(1, false);
    expect(line.sent).toEqual(['0: a', '1: b', '1: b']);
    await line.take();
    expect(line.sent).toEqual(['0: a', '1: b', '1: b', '2: c']);
  });

  test('is not blocked by what was under way to the previous connection', async () => {
    const line = new Line();
    line.write('a');
    line.parts.resume(0, true);
    const [old] = line.posts;
    old?.done(false);
    await new Promise((resolve) => setImmediate(resolve));
    line.posts[1]?.done(true);
    await new Promise((resolve) => setImmediate(resolve));
    line.write('b');
    expect(line.sent).toEqual(['0: a', '0: a', '1: b']);
  });

  test('sends no second copy of what is under way, and of the rest what the stub waits for', async () => {
    const line = new Line();
    line.write('a');
    await line.take();
    line.write(2 * partBytes);
    line.parts.resume(0, false);
    const full = `${partBytes} bytes`;
    expect(line.sent).toEqual(['0: a', `1: ${full}`, `2: ${full}`, '0: a']);
    line.parts.resume(1, false);
    expect(line.sent).toHaveLength(4);
    await line.take();
    expect(line.sent).toHaveLength(4);
  });

  test('sends a part that was refused again as soon as the stub asks, beside what is under way', async () => {
    const line = new Line();
    line.write(2 * partBytes);
    line.posts[0]?.done(false);
    await new Promise((resolve) => setImmediate(resolve));
    line.write('rest');
    expect(line.sent).toHaveLength(2);
    line.parts.resume(0, false);
    expect(line.sent.slice(2)).toEqual([`0: ${partBytes} bytes`]);
  });

  test('sends again what the relay accepted and the stub never saw', async () => {
    const line = new Line();
    line.write('a');
    await line.take();
    line.write('b');
    await line.take();
    line.parts.resume(0, false);
    await line.take();
    expect(line.sent).toEqual(['0: a', '1: b', '0: a', '1: b']);
    line.parts.resume(2, false);
    await line.take();
    expect(line.sent).toHaveLength(4);
  });
});

describe('a response that is cut off', () => {
  test('lets its writer continue, and holds nothing', async () => {
    const line = new Line();
    const room = line.write(2 * windowBytes);
    line.parts.close();
    await room;
    expect(line.parts.heldBytes).toBe(0);
    expect(line.write(windowBytes)).toBeUndefined();
    expect(await line.parts.end(1e15)).toBeUndefined();
  });

  test('still delivers what was cut when livectl stops', async () => {
    const line = new Line();
    line.write('a');
    line.write('b');
    line.parts.stop();
    line.write('c');
    await line.take(false);
    line.parts.resume(0, false);
    expect(line.sent).toEqual(['0: a', '0: a']);
    expect(line.parts.count).toBe(1);
  });
});

describe('the status', () => {
  const type = 'application/vnd.awslambda.http-integration-response';

  test.each([
    ['in one piece', ['{"statusCode":418}\0\0\0\0\0\0\0\0body'], 418],
    ['in pieces', ['{"statusCode"', ':201}\0\0\0', '\0\0\0\0\0', 'x'], 201],
    ['by default', ['{}\0\0\0\0\0\0\0\0'], 200],
    ['not of a malformed one', ['nonsense\0\0\0\0\0\0\0\0'], undefined],
    ['not of one without an end', ['{"statusCode":201}'], undefined],
  ])('is read %s', (_how, pieces, status) => {
    const { parts } = new Line();
    for (const piece of pieces) parts.write(Buffer.from(piece), type);
    expect(parts.status).toBe(status);
  });

  test('is absent for other content types', () => {
    const { parts } = new Line();
    parts.write(Buffer.from('{"statusCode":418}\0\0\0\0\0\0\0\0body'), 'application/json');
    expect(parts.status).toBeUndefined();
  });
});
