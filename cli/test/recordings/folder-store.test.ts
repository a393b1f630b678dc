// The recordings of a project on disk: private, bounded, readable whatever else is in the folder, and never in the way.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { quietMs } from '../../src/recordings/background-writer.ts';
import { FolderStore } from '../../src/recordings/folder-store.ts';
import { Recorder } from '../../src/recordings/recorder.ts';
import { openRecordings } from '../../src/recordings/recordings-folder.ts';
import { begun, begunAtMs, ended } from './invocations.ts';

let root: string;
let folder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'recordings-'));
  folder = join(root, '.livectl', 'recordings');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function recording(clock = new ManualClock(begunAtMs)) {
  const notices: string[] = [];
  const onNotice = (message: string) => notices.push(message);
  const store = new FolderStore({ folder: openRecordings(root), clock, onNotice });
  const recorder = new Recorder({ store, clock, onNotice });
  const run = (key: string, event = '{}', result = '{"ok":true}') => {
    recorder.began(begun(key, { event: Buffer.from(event) }));
    recorder.ended(ended(key, { body: Buffer.from(result) }));
  };
  return { clock, notices, recorder, run };
}

const names = () => (existsSync(folder) ? readdirSync(folder).sort() : []);
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

describe('a recording', () => {
  test('is in a file that only its user can read, and is read as it was', async () => {
    const { recorder, run } = recording();
    run('a', '{ "n": 12345678901234567890 }', 'x\u0000y');
    const [row] = await recorder.list({});
    const before = await recorder.get(row?.key ?? '');
    await recorder.close();
    expect(names()).toEqual([`${row?.key}.recording`]);
    expect(statSync(join(folder, names()[0] ?? '')).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(root, '.livectl')).mode & 0o777).toBe(0o700);

    const recordings = openRecordings(root);
    expect(await recordings.list({})).toEqual([row]);
    expect(await recordings.get(row?.key ?? '')).toEqual(before);
    const event = await recordings.body(row?.key ?? '', 'event');
    expect(event).toMatchObject({ contentType: 'application/json', isCut: false });
    expect(text(event?.bytes)).toBe('{ "n": 12345678901234567890 }');
    expect(text((await recordings.body(row?.key ?? '', 'result'))?.bytes)).toBe('x\u0000y');
  });

  test('has no secret of the event, of the variables, of a line or of an error', async () => {
    const { recorder } = recording();
    const variables = { AWS_SESSION_TOKEN: 'session+token/1==', DB_PASSWORD: 'correct horse' };
    const secrets = [...Object.values(variables), 'hunter2hunter2', 'k-19283746'];
    const event = JSON.stringify({ headers: { 'x-api-key': 'k-19283746' }, body: 'password=hunter2hunter2' });
    recorder.began(begun('a', { event: Buffer.from(event), variables: () => variables }));
    for (const secret of secrets)
      recorder.take({
        event: 'log',
        id: 'request-a',
        function: 'hello',
        level: 'info',
        message: `is ${secret}`,
      });
    const error = {
      name: 'Error',
      message: `no ${secrets.join()}`,
      stack: secrets,
      causes: [{ relation: 'cause' as const, name: 'E', message: secrets.join(), stack: secrets }],
    };
    recorder.ended(
      ended('a', {
        result: { ok: false, error },
        body: Buffer.from(JSON.stringify({ errorMessage: secrets.join() })),
      }),
    );
    await recorder.close();
    const file = readFileSync(join(folder, names()[0] ?? ''), 'utf8');
    // What is only in the text of a form is known to be secret there alone.
    for (const secret of [...Object.values(variables), 'k-19283746']) expect(file).not.toContain(secret);
    expect(JSON.parse(file.split('\n')[0] ?? '').summary.masked).toBe(2);
  });

  test('is written after the answer, when nothing runs, or after half a second', async () => {
    const { clock, recorder, run } = recording();
    recorder.began(begun('slow'));
    run('a');
    clock.advance(quietMs);
    clock.advance(quietMs);
    await recorder.list({});
    expect(names()).toEqual([]);
    for (let waited = 0; waited < 600; waited += quietMs) clock.advance(quietMs);
    while (names().length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(names()).toHaveLength(1);
    recorder.ended(ended('slow'));
    await recorder.close();
    expect(names()).toHaveLength(2);
  });

  test('is whole in whatever was written, for any invocation', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string(),
        fc.uint8Array({ maxLength: 50 }),
        fc.double({ min: -1e15, max: 1e15, noNaN: true }),
        fc.double(),
        async (words, body, ms, attempt) => {
          rmSync(folder, { recursive: true, force: true });
          const { recorder } = recording();
          const invoke = {
            event: 'invoke',
            id: words,
            function: words,
            trigger: words,
            source_ids: [words],
          } as const;
          const context = { arn: words, deadlineMs: ms, instance: words, clientContext: words };
          recorder.began(begun('a', { invoke, context, event: body, source: { kind: 'sqs', attempt } }));
          const error = { name: words, message: words, stack: [words] };
          recorder.ended(
            ended('a', { result: { ms, code_ms: ms, ok: false, error }, body, deliveredMs: ms }),
          );
          await recorder.close();
          const [row] = await openRecordings(root).list({});
          expect(row).toBeDefined();
          expect(await openRecordings(root).get(row?.key ?? '')).toBeDefined();
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('the folder', () => {
  test('keeps the newest 1,000, and the newest of 64 MB', async () => {
    const { recorder, run } = recording();
    for (let count = 0; count < 1100; count++) run(String(count));
    await recorder.close();
    expect(names()).toHaveLength(1000);
    const { recorder: second, run: runLarge } = recording(new ManualClock(begunAtMs + 1000));
    const large = JSON.stringify('x'.repeat(6_000_000));
    for (let count = 0; count < 13; count++) {
      runLarge(`large-${count}`, large);
      await second.close();
    }
    const rows = await openRecordings(root).list({ limit: 2000 });
    expect(rows.map(({ id }) => id)).toEqual(
      Array.from({ length: 11 }, (_, at) => `request-large-${12 - at}`),
    );
  });

  test('gets no more than it keeps of 10,000 at once, and memory holds no more either', async () => {
    const { recorder, run } = recording();
    for (let count = 0; count < 10_000; count++) run(String(count), '{"password":"hunter2"}');
    await recorder.close();
    const kept = await openRecordings(root).list({ limit: 20_000 });
    expect(kept).toHaveLength(1000);
    expect([kept[0]?.id, kept.at(-1)?.id]).toEqual(['request-9999', 'request-9000']);
    expect(kept.every(({ masked }) => masked === 1)).toBe(true);
    const rows = await recorder.list({ limit: 20_000 });
    expect(rows).toHaveLength(10_000);
    expect(await recorder.get(rows.at(-1)?.key ?? '')).toBeUndefined();
  });

  test('forgets what is older than 7 days', async () => {
    const { recorder, run } = recording();
    run('old');
    await recorder.close();
    const { recorder: later, run: runLater } = recording(new ManualClock(begunAtMs + 7 * 86_400_000 + 1));
    runLater('new');
    await later.close();
    expect((await openRecordings(root).list({})).map(({ id }) => id)).toEqual(['request-new']);
  });

  test('is shared by several livectls', async () => {
    const all = [recording(), recording(), recording()];
    for (let count = 0; count < 400; count++)
      for (const [index, each] of all.entries()) {
        each.run(`${index}-${count}`);
        if (count % 40 === 0) await each.recorder.close();
      }
    await Promise.all(all.map(({ recorder }) => recorder.close()));
    // Each of them looks up what the others wrote after 50 of its own.
    expect(names().length).toBeLessThanOrEqual(1100);
    expect(all.flatMap(({ notices }) => notices)).toEqual([]);
    const rows = await openRecordings(root).list({ limit: 2000 });
    expect(rows.length).toBe(names().length);
  });

  test('may have torn, foreign and hostile files in it', async () => {
    const { recorder, run } = recording();
    run('good');
    run('torn');
    run('longer');
    await recorder.close();
    const [good = '', torn = '', longer = ''] = names();
    truncateSync(join(folder, torn), statSync(join(folder, torn)).size - 1);
    writeFileSync(join(folder, longer), 'x', { flag: 'a' });
    const whole = readFileSync(join(folder, good));
    const named = (count: number) => join(folder, good.replace(/.{5}\.recording$/, `0000${count}.recording`));
    // The summary of another one.
    writeFileSync(named(1), whole);
    writeFileSync(named(2), '{"livectl_recording":1,"detail_bytes":9e99}\n');
    writeFileSync(named(3), Buffer.alloc(300_000, '{'));
    symlinkSync(join(folder, good), named(4));
    execFileSync('mkfifo', [named(5)]);
    mkdirSync(named(6));
    writeFileSync(named(7), '');
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    const recordings = openRecordings(root);
    expect((await recordings.list({})).map(({ id }) => id)).toEqual(['request-good']);
    for (const name of names()) {
      const detail = await recordings.get(name.replace('.recording', ''));
      expect(detail === undefined).toBe(name !== good && !name.includes('00001'));
    }
    expect(await recordings.get('../../../etc/passwd')).toBeUndefined();
    // A later livectl is not disturbed either.
    const later = recording(new ManualClock(begunAtMs + 1000));
    later.run('later');
    await later.recorder.close();
    expect(later.notices).toEqual([]);
    expect((await recordings.list({})).map(({ id }) => id)).toEqual(['request-later', 'request-good']);
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
  });

  test('that is a link is neither written nor read', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'));
    try {
      mkdirSync(join(root, '.livectl'));
      symlinkSync(elsewhere, folder);
      const { notices, recorder, run } = recording();
      run('a');
      await recorder.close();
      expect(readdirSync(elsewhere)).toEqual([]);
      expect(notices).toEqual([
        expect.stringMatching(
          /^recordings cannot be written and stay in memory: .* is not a folder of this user$/,
        ),
      ]);
      expect(await openRecordings(root).list({})).toEqual([]);
      const [row] = await recorder.list({});
      expect(await recorder.get(row?.key ?? '')).toMatchObject({ id: 'request-a' });
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  test('that is removed while livectl runs is created again', async () => {
    const { notices, recorder, run } = recording();
    run('a');
    await recorder.close();
    rmSync(join(root, '.livectl'), { recursive: true });
    run('b');
    await recorder.close();
    expect(names()).toHaveLength(1);
    expect(notices).toEqual([]);
  });

  test('where a file is in its place costs one notice, and the recordings stay in memory', async () => {
    mkdirSync(join(root, '.livectl'));
    writeFileSync(folder, '');
    const { clock, notices, recorder, run } = recording();
    for (const key of ['a', 'b', 'c']) {
      run(key);
      await recorder.close();
      clock.advance(70_000);
    }
    expect(notices).toHaveLength(1);
    for (const { key } of await recorder.list({})) expect(await recorder.get(key)).toBeDefined();
    chmodSync(folder, 0o600);
    rmSync(folder);
    run('d');
    await recorder.close();
    expect(names()).toHaveLength(1);
  });

  test('loses what a query removes', async () => {
    const { recorder, run } = recording();
    for (const key of ['a', 'b', 'c']) run(key);
    await recorder.close();
    const recordings = openRecordings(root);
    expect(await recordings.remove({ text: 'request-b' })).toBe(1);
    expect((await recordings.list({})).map(({ id }) => id)).toEqual(['request-c', 'request-a']);
    expect(await recordings.remove({})).toBe(2);
    expect(names()).toEqual([]);
  });

  test('lists what was recorded before, and pages through it', async () => {
    const first = recording();
    for (let count = 0; count < 40; count++) first.run(`early-${count}`);
    await first.recorder.close();
    const second = recording(new ManualClock(begunAtMs + 1000));
    second.run('late');
    // It is in the folder already when that is read.
    await second.recorder.close();
    const rows = await second.recorder.list({ limit: 3 });
    expect(rows.map(({ id }) => id)).toEqual(['request-late', 'request-early-39', 'request-early-38']);
    const page = await second.recorder.list({ limit: 2, before: rows[2]?.key });
    expect(page.map(({ id }) => id)).toEqual(['request-early-37', 'request-early-36']);
    expect(await second.recorder.get(page[0]?.key ?? '')).toMatchObject({ id: 'request-early-37' });
  });
});
