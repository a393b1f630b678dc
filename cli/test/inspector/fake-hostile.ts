// Rows whose texts try to be more than text, and bodies that are as large as Lambda allows.
import type { InvocationSummary, LogLine, RecordedBody } from '../../src/recordings/recording.ts';
import { body, type FakeHistory, type FakeRow } from './fake-history.ts';

/** Set by a script that should not have run. */
export const hostileFlag = '__hostile';

const script = `<img src=x onerror="window.${hostileFlag}=1"><script>window.${hostileFlag}=1</script>`;
const link = `<a href="javascript:window.${hostileFlag}=1" id="hostile-link">click me</a>`;

export const hostile = {
  html: `${script}${link}`,
  ansi: '\u001b[2J\u001b[31mred\u001b[0m \u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007',
  bidi: 'invoice\u202Egnp.exe \u2066hidden\u2069 \u200Bzero\uFEFFwidth',
  control: 'bell\u0007 null\u0000 delete\u007F back\u0008space',
  loneSurrogate: 'half \uD83D of a pair',
  template: '{{7*7}} %s %d &lt;b&gt;',
} as const;

/** 1 MB without a break. */
export function longLine(): string {
  return 'x'.repeat(1024 * 1024);
}

/** Members whose names mean something to JavaScript, numbers beyond 2^53, a repeated name, depth. */
function oddJson(): string {
  const deep = `${'['.repeat(400)}1${']'.repeat(400)}`;
  return `{"__proto__":{"polluted":true},"constructor":1,"toString":"text","":"empty name","big":12345678901234567890,
"precise":0.1000000000000000055,"exponent":1e400,"twice":1,"twice":2,"deep":${deep},
"html":${JSON.stringify(hostile.html)},"bidi":${JSON.stringify(hostile.bidi)},${JSON.stringify(hostile.html)}:"as a name"}`;
}

/** About `megabytes` of JSON: many records, one long text. */
export function largeJson(megabytes: number): string {
  const record = (n: number) => ({ id: n, name: `record ${n}`, tags: ['a', 'b'], nested: { value: n / 7 } });
  const size = JSON.stringify(record(10_000)).length + 1;
  const records = Array.from({ length: Math.floor((megabytes * 1024 * 1024) / size) - 4000 }, (_, n) =>
    record(n),
  );
  return JSON.stringify({ records, text: 'y'.repeat(4000 * size) });
}

export type OddName =
  | 'html'
  | 'ansi'
  | 'bidi'
  | 'json'
  | 'longLine'
  | 'page'
  | 'bytes'
  | 'cut'
  | 'running'
  | 'large';

interface Odd {
  readonly name: OddName;
  readonly given: Partial<InvocationSummary>;
  readonly lines?: readonly LogLine['message'][];
  readonly event?: RecordedBody;
  readonly result?: RecordedBody | 'none';
  readonly stack?: readonly string[];
}

function odds(): readonly Odd[] {
  const html = `<!doctype html><title>page</title><h1>Hello</h1>${hostile.html}`;
  return [
    {
      name: 'html',
      given: {
        function: 'orders',
        trigger: `GET /${hostile.html}`,
        status: 'error',
        error: { name: hostile.html, message: hostile.html },
      },
      lines: [hostile.html, hostile.template],
      stack: [
        `Error: ${hostile.html}`,
        `    at ${hostile.html} (src/${hostile.html}.ts:1:2)`,
        '    at evil (javascript:alert(1):1:1)',
        '    at out (../../etc/passwd:1:1)',
      ],
      event: body(JSON.stringify({ text: hostile.html, [hostile.html]: hostile.html })),
    },
    {
      name: 'ansi',
      given: { function: 'orders', trigger: `GET /${hostile.ansi}`, status: 'ok' },
      lines: [hostile.ansi, hostile.control, hostile.loneSurrogate],
    },
    {
      name: 'bidi',
      given: { function: 'orders', trigger: `GET /${hostile.bidi}`, status: 'ok' },
      lines: [hostile.bidi],
    },
    {
      name: 'json',
      given: { function: 'tools', trigger: 'invoke', status: 'ok' },
      event: body(oddJson()),
      result: body(oddJson()),
    },
    {
      name: 'longLine',
      given: { function: 'notify', status: 'ok' },
      lines: [longLine(), 'after the long line'],
    },
    {
      name: 'page',
      given: { function: 'orders', trigger: 'GET /page', status: 'ok', http_status: 200 },
      result: body(JSON.stringify({ statusCode: 200, headers: { 'content-type': 'text/html' }, body: html })),
    },
    {
      name: 'bytes',
      given: { function: 'tools', trigger: 'invoke', status: 'ok' },
      event: body('not JSON at all', 'application/octet-stream'),
      result: body(
        Uint8Array.from({ length: 512 }, (_, n) => n % 256),
        'application/octet-stream',
      ),
    },
    {
      name: 'cut',
      given: {
        function: 'audit',
        status: 'ok',
        observed: true,
        answered_by: 'deployed',
        event_cut: true,
        event_bytes: 900_000,
      },
      event: body(`{"detail":{"text":"${'z'.repeat(256 * 1024)}`, 'application/json', true),
    },
    {
      name: 'running',
      given: { function: 'thumbnails', status: 'running', ms: 0, result_bytes: 0 },
      result: 'none',
    },
    {
      name: 'large',
      given: { function: 'tools', trigger: 'invoke, 6.0 MB', status: 'ok' },
      event: body(largeJson(6)),
      result: body(largeJson(6)),
    },
  ];
}

/** Adds one row of each kind, the newest ones of the history, a second apart. */
export function addHostile(history: FakeHistory, from: Date): Readonly<Record<OddName, FakeRow>> {
  const rows = odds().map((odd, n): [OddName, FakeRow] => {
    const at = new Date(from.getTime() + 1000 * n);
    const made = history.make(at, odd.given);
    const event = odd.event ?? made.event();
    const result = odd.result === 'none' ? undefined : (odd.result ?? made.result());
    const lines = odd.lines?.map((message): LogLine => ({ at: at.toISOString(), level: 'info', message }));
    const row = history.add({
      summary: {
        ...made.summary,
        event_bytes: odd.given.event_bytes ?? event.bytes.length,
        result_bytes: odd.given.result_bytes ?? result?.bytes.length ?? 0,
        logs: lines?.length ?? made.summary.logs,
      },
      detail: () => {
        const detail = made.detail();
        const error = detail.error && {
          ...detail.error,
          ...odd.given.error,
          ...(odd.stack ? { stack: odd.stack } : {}),
        };
        return {
          ...detail,
          ...(error ? { error } : {}),
          lines: lines ?? detail.lines,
          event_content_type: event.contentType,
          ...(result ? { result_content_type: result.contentType } : {}),
        };
      },
      event: () => event,
      result: () => result,
    });
    return [odd.name, row];
  });
  return Object.fromEntries(rows) as Record<OddName, FakeRow>;
}
