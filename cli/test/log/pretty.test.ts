// The terminal view, event by event: what a person reads, and that no function can manipulate the terminal.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pretty } from '../../src/log/pretty.ts';
import type { SessionEvent } from '../../src/session/session-event.ts';
import { written } from './written.ts';

const replaced = { mode: 'replace', fallback: { kind: 'none' } } as const;

const id = '8f5e4d3c-0000-4000-8000-000000000000';

function shown(event: SessionEvent, colour = false): string {
  const output = written(colour);
  pretty(output)(event);
  return output.lines.join('\n');
}

const served = [
  { name: 'hello', url: 'http://127.0.0.1:3000/hello', ...replaced, triggers: [] },
  {
    name: 'orders',
    url: 'http://127.0.0.1:3000/orders',
    method: 'POST',
    ...replaced,
    triggers: ['http', 'sns'],
  },
  { name: 'worker', url: 'http://127.0.0.1:3000/worker', ...replaced, triggers: ['sqs', 's3', 'kinesis'] },
] as const;
const result = { event: 'result', id, function: 'hello', ok: true, ms: 12.5, code_ms: 2.3 } as const;

describe('a saved livectl.json', () => {
  const change = { event: 'manifest', added: [], changed: [], removed: [], settings: [] } as const;
  const ready = (functions: Extract<SessionEvent, { event: 'ready' }>['functions']) =>
    ({
      event: 'ready',
      url: undefined,
      stage: 'local',
      functions,
      trigger_args: ['--local'],
      ms: 9,
    }) as const;
  const linesOf = (...events: SessionEvent[]) => {
    const output = written();
    const show = pretty(output);
    show(ready(served));
    output.lines.length = 0;
    for (const event of events) show(event);
    return output.lines;
  };

  test('is one line', () => {
    const listening = { state: 'listening', kind: 'node', address: '127.0.0.1:9229' } as const;
    expect(
      linesOf({ ...change, changed: ['hello'], settings: ['redact'] }, ready(served), {
        event: 'debugger',
        function: 'hello',
        ...listening,
      }),
    ).toEqual(['↻ livectl.json was saved (changed: hello; settings: redact)']);
  });

  test('and how to call what is new, and what fails', () => {
    const broken = { ...served[2], mistakes: ['functions.worker.timeout: 0 is less than 1 seconds'] };
    expect(linesOf({ ...change, added: ['hello', 'worker'] }, ready([served[0], served[1], broken]))).toEqual(
      [
        '↻ livectl.json was saved (new: hello, worker)',
        "  hello  curl 'http://127.0.0.1:3000/hello'\n✗ worker fails until its settings in livectl.json are valid",
      ],
    );
  });
});

const views: readonly (readonly [string, SessionEvent, string])[] = [
  [
    'ready',
    {
      event: 'ready',
      url: 'http://127.0.0.1:3000',
      stage: 'local',
      functions: served,
      trigger_args: ['--local', '--root', "tom's api"],
      ms: 431,
    },
    "\n● Serving 3 functions of stage local (ready in 431 ms). Press Ctrl-C to stop.\n\n  hello   curl 'http://127.0.0.1:3000/hello'\n  orders  curl -X POST 'http://127.0.0.1:3000/orders'\n          livectl trigger sns orders --local --root 'tom'\\''s api'\n  worker  livectl trigger sqs worker --local --root 'tom'\\''s api'  also s3, kinesis\n",
  ],
  [
    'ready, with functions that are wrapped, replaced, and not served',
    {
      event: 'ready',
      url: undefined,
      stage: 'dev-tom',
      functions: [
        { name: 'orders', url: undefined, mode: 'wrap', fallback: { kind: 'deployed' }, triggers: ['sqs'] },
        { name: 'reports', url: undefined, mode: 'wrap', fallback: { kind: 'deployed' }, triggers: ['sqs'] },
        {
          name: 'invoices',
          url: undefined,
          mode: 'replace',
          fallback: { kind: 'function', arn: 'arn:aws:lambda:eu-west-1:123456789012:function:real' },
          triggers: ['sqs'],
        },
        { name: 'audit', url: undefined, ...replaced, triggers: ['sqs'] },
      ],
      not_served: [
        { name: 'stock', url: undefined },
        { name: 'prices', url: undefined },
      ],
      trigger_args: ['--stage', 'dev-tom'],
      ms: 431,
    },
    [
      '\n● Serving 4 functions of stage dev-tom (ready in 431 ms). Press Ctrl-C to stop.\n',
      '  orders    livectl trigger sqs orders --stage dev-tom',
      '  reports   livectl trigger sqs reports --stage dev-tom',
      '  invoices  livectl trigger sqs invoices --stage dev-tom',
      '  audit     livectl trigger sqs audit --stage dev-tom\n',
      '  orders, reports: wrapped, the deployed code answers while nobody serves',
      '  invoices: replaced, arn:aws:lambda:eu-west-1:123456789012:function:real answers while nobody serves',
      '  audit: replaced, invocations fail while nobody serves',
      '  stock, prices: wrapped and not served, the deployed code answers\n',
    ].join('\n'),
  ],
  [
    'ready, with function URLs',
    {
      event: 'ready',
      url: undefined,
      stage: 'dev-tom',
      functions: [
        {
          name: 'both',
          url: 'https://api.example/both',
          method: 'ANY',
          function_url: 'https://both.on.aws/',
          ...replaced,
          triggers: ['http', 'function_url'],
        },
        {
          name: 'open',
          url: 'https://open.on.aws/',
          function_url: 'https://open.on.aws/',
          ...replaced,
          triggers: ['function_url'],
        },
        {
          name: 'signed',
          url: 'https://signed.on.aws/',
          function_url: 'https://signed.on.aws/',
          authorization_type: 'AWS_IAM',
          ...replaced,
          triggers: ['function_url'],
        },
        { name: 'plain', url: undefined, ...replaced, triggers: [] },
      ],
      trigger_args: ['--stage', 'dev-tom'],
      ms: 431,
    },
    "\n● Serving 4 functions of stage dev-tom (ready in 431 ms). Press Ctrl-C to stop.\n\n  both    curl 'https://api.example/both'\n          curl -N 'https://both.on.aws/'\n  open    curl -N 'https://open.on.aws/'\n  signed  livectl trigger function_url signed --stage dev-tom\n  plain   livectl invoke plain --stage dev-tom\n",
  ],
  [
    'ready, with routes that ask for authorization and some that do not',
    {
      event: 'ready',
      url: undefined,
      stage: 'dev-tom',
      functions: [
        {
          name: 'open',
          url: 'https://api.example/open',
          route_authorization_type: 'NONE',
          public: true,
          ...replaced,
          triggers: ['http'],
        },
        {
          name: 'iam',
          url: 'https://api.example/iam',
          route_authorization_type: 'AWS_IAM',
          ...replaced,
          triggers: ['http'],
        },
        {
          name: 'jwt',
          url: 'https://api.example/jwt',
          method: 'POST',
          route_authorization_type: 'JWT',
          ...replaced,
          triggers: ['http'],
        },
        {
          name: 'also',
          url: 'https://also.on.aws/',
          function_url: 'https://also.on.aws/',
          public: true,
          ...replaced,
          triggers: ['function_url'],
        },
      ],
      trigger_args: ['--stage', 'dev-tom'],
      ms: 431,
    },
    "\n● Serving 4 functions of stage dev-tom (ready in 431 ms). Press Ctrl-C to stop.\n\n  open  curl 'https://api.example/open'\n  iam   livectl trigger http iam --stage dev-tom\n  jwt   curl -X POST -H 'authorization: Bearer TOKEN' 'https://api.example/jwt'\n  also  curl -N 'https://also.on.aws/'\n\n! anyone on the internet with the URL of open, also can invoke the code on this machine (authorization_type NONE)\n",
  ],
  [
    'invoke',
    { event: 'invoke', id, function: 'hello', trigger: 'GET /hello?a=1' },
    '8f5e4d → hello GET /hello?a=1',
  ],
  [
    'log',
    { event: 'log', id, function: 'hello', level: 'info', message: 'one\ntwo' },
    '8f5e4d   one\n8f5e4d   two',
  ],
  [
    'log of an init phase',
    { event: 'log', id: undefined, function: 'hello', level: 'warn', message: 'x' },
    'init     x',
  ],
  ['result', result, '8f5e4d ← hello ok 13 ms (code 2.3 ms, relay 10 ms)'],
  [
    'result of a cold start with a status',
    { ...result, ms: 312, init_ms: 300, status: 503 },
    '8f5e4d ← hello 503 312 ms (code 2.3 ms, relay 9.7 ms, start 300 ms)',
  ],
  [
    'result that waited for a worker',
    { ...result, ms: 2512, wait_ms: 2500 },
    '8f5e4d ← hello ok 2512 ms (code 2.3 ms, relay 9.7 ms, wait 2500 ms)',
  ],
  [
    'result whose times don’t add up',
    { ...result, ms: 1, code_ms: 2 },
    '8f5e4d ← hello ok 1.0 ms (code 2.0 ms, relay 0.0 ms)',
  ],
  [
    'failed result',
    {
      ...result,
      ok: false,
      error: { name: 'TypeError', message: 'no', stack: ['TypeError: no', '    at f (src/a.ts:3:9)'] },
    },
    '8f5e4d ← hello TypeError: no 13 ms (code 2.3 ms, relay 10 ms)\n             at f (src/a.ts:3:9)',
  ],
  [
    'failed result with what led to it',
    {
      ...result,
      ok: false,
      error: {
        name: 'Error',
        message: 'no order',
        stack: ['Error: no order', '    at f (src/a.ts:3:9)'],
        causes: [
          {
            relation: 'cause',
            name: 'AggregateError',
            message: '',
            stack: [
              'AggregateError',
              '    at g (src/b.ts:1:1)',
              '    at run (/tmp/livectl-1-x/node-runtime.mjs:1:2)',
            ],
          },
          { relation: 'part', name: 'string', message: 'first' },
          { relation: 'context', name: 'KeyError', message: "'id'" },
        ],
      },
    },
    [
      '8f5e4d ← hello Error: no order 13 ms (code 2.3 ms, relay 10 ms)',
      '             at f (src/a.ts:3:9)',
      '         caused by AggregateError',
      '             at g (src/b.ts:1:1)',
      '         one of its errors: string: first',
      "         while handling KeyError: 'id'",
    ].join('\n'),
  ],
  [
    'log of an error, without frames of the runtime',
    {
      event: 'log',
      id: result.id,
      function: 'hello',
      level: 'error',
      message: [
        'Error: no',
        '    at f (src/a.ts:3:9)',
        '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
        '    at async run (file:///tmp/livectl-1-x/node-runtime.mjs:3:40) {',
        "  code: 'E_NO',",
        '  [cause]: Error: why',
        '      at g (src/b.ts:1:1)',
        '      at async run (file:///tmp/livectl-1-x/node-runtime.mjs:3:40)',
        '}',
      ].join('\n'),
    },
    [
      'Error: no',
      '    at f (src/a.ts:3:9) {',
      "  code: 'E_NO',",
      '  [cause]: Error: why',
      '      at g (src/b.ts:1:1)',
      '}',
    ]
      .map((line) => `8f5e4d   ${line}`)
      .join('\n'),
  ],
  [
    'log of a Python stack, without frames of the runtime',
    {
      event: 'log',
      id: undefined,
      phase: 'idle',
      function: 'hello',
      level: 'info',
      message: [
        '  File "/tmp/livectl-1-x/python-runtime.py", line 590, in run',
        '    return marshal(handler(parse_event(body), context))',
        '                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^',
        '  File "/code/app.py", line 4, in handler',
        '    traceback.print_stack()',
      ].join('\n'),
    },
    'idle       File "/code/app.py", line 4, in handler\nidle         traceback.print_stack()',
  ],
  [
    'failed result of files below this folder',
    {
      ...result,
      ok: false,
      error: {
        name: 'Error',
        message: 'no',
        stack: [
          `    at f (file://${process.cwd()}/src/a.mjs:3:9)`,
          `    at g (${process.cwd()}/src/b.js:1:1)`,
        ],
      },
    },
    '8f5e4d ← hello Error: no 13 ms (code 2.3 ms, relay 10 ms)\n             at f (src/a.mjs:3:9)\n             at g (src/b.js:1:1)',
  ],
  [
    'failed result with a message of several lines',
    {
      ...result,
      ok: false,
      error: {
        name: 'AssertionError',
        message: 'not equal:\n+ 1\n- 2',
        stack: ['AssertionError: not equal:', '+ 1', '- 2', '    at f (a.ts:1:1)'],
      },
    },
    '8f5e4d ← hello AssertionError: not equal: 13 ms (code 2.3 ms, relay 10 ms)\n         + 1\n         - 2\n             at f (a.ts:1:1)',
  ],
  ...(
    [
      [1, '1 byte'],
      [1023, '1023 bytes'],
      [21 * 1024, '21.0 KB'],
      [2.5 * 1024 * 1024, '2.5 MB'],
    ] as const
  ).map(([streamed_bytes, words]): [string, SessionEvent, string] => [
    `result that streamed ${words}`,
    { ...result, streamed_bytes },
    `8f5e4d ← hello ok 13 ms (code 2.3 ms, relay 10 ms, streamed ${words})`,
  ]),
  [
    'failed result without a word',
    { ...result, ok: false },
    '8f5e4d ← hello Error 13 ms (code 2.3 ms, relay 10 ms)',
  ],
  [
    'reload',
    { event: 'reload', function: 'hello', ms: 14.2, changed: ['src/a.ts', 'src/b.ts'] },
    '↻ hello reloaded in 14 ms (src/a.ts, src/b.ts)',
  ],
  [
    'reload of many files',
    {
      event: 'reload',
      function: 'hello',
      ms: 14.2,
      changed: ['a.ts', 'b.ts', 'c.ts', 'd.ts', 'e.ts', 'f.ts'],
    },
    '↻ hello reloaded in 14 ms (a.ts, b.ts, c.ts, d.ts and 2 more)',
  ],
  [
    'reload without a file',
    { event: 'reload', function: 'hello', ms: 14.2, changed: [] },
    '↻ hello reloaded in 14 ms',
  ],
  [
    'build_error',
    {
      event: 'build_error',
      function: 'hello',
      errors: [
        { text: 'Expected ";"', file: 'src/a.ts', line: 4, column: 2, lineText: '  let x y' },
        { text: 'gone' },
      ],
      last_good: true,
    },
    '✗ hello does not build; the last good build keeps answering\n         src/a.ts:4:3: Expected ";"\n           let x y\n         gone',
  ],
  [
    'build_error of a first build',
    { event: 'build_error', function: 'hello', errors: [], last_good: false },
    '✗ hello does not build; invocations fail until this is fixed',
  ],
  [
    'error',
    { event: 'error', code: 'LD_RELAY', message: 'no answer', remedy: 'check the network' },
    '! no answer LD_RELAY\n  check the network',
  ],
  [
    'error without remedy',
    { event: 'error', code: 'LD_RELAY', message: 'no answer' },
    '! no answer LD_RELAY',
  ],
  [
    'a clock that is behind',
    { event: 'clock_skew', ahead_ms: 4210 },
    '! this machine’s clock is at least 4.2 s behind AWS’s; set it, e.g. turn on network time (beyond 30 s, stubs do not find this livectl)',
  ],
  [
    'a clock that was set',
    { event: 'clock_skew', ahead_ms: 0 },
    '● this machine’s clock agrees with AWS’s again',
  ],
  [
    'run elsewhere',
    { event: 'late', id, function: 'hello', late_ms: 12_000, elsewhere: true },
    '8f5e4d ! hello not run: another livectl has it',
  ],
  [
    'displaced',
    { event: 'displaced', by: { user: 'bob', host: 'bob-laptop' } },
    '! bob on bob-laptop serves this stage now; this livectl ends. Start it again to take the stage back.',
  ],
  [
    'displaced by nobody known',
    { event: 'displaced', by: undefined },
    '! somebody else serves this stage now; this livectl ends. Start it again to take the stage back.',
  ],
  [
    'reconnect lost',
    { event: 'reconnect', state: 'lost', reason: 'code 1006' },
    '! the relay closed the connection (code 1006); connecting again',
  ],
  [
    'reconnect retrying',
    { event: 'reconnect', state: 'retrying', reason: 'HTTP 403' },
    '! no connection yet: HTTP 403; still trying',
  ],
  [
    'reconnect connected',
    { event: 'reconnect', state: 'connected', ms: 12_345 },
    '● connected again after 12.3 s',
  ],
  [
    'queued',
    { event: 'queued', id, function: 'hello', waiting: 4, reason: 'max_workers' },
    '8f5e4d … hello waits for a worker (4 waiting); raise --max-workers to run more at once',
  ],
  [
    'queued behind a debugged one',
    { event: 'queued', id, function: 'hello', waiting: 1, reason: 'one_at_a_time' },
    '8f5e4d … hello waits for its turn (1 waiting): under --inspect a function runs one invocation at a time',
  ],
  [
    'a debugger for Node',
    {
      event: 'debugger',
      function: 'hello',
      state: 'listening',
      kind: 'node',
      address: '127.0.0.1:9229',
      url: 'ws://127.0.0.1:9229/1-2-3',
    },
    '· hello debugger: attach to 127.0.0.1:9229 (ws://127.0.0.1:9229/1-2-3)',
  ],
  [
    'a debugger for Python',
    { event: 'debugger', function: 'hello', state: 'listening', kind: 'python', address: '127.0.0.1:9230' },
    '· hello debugger: attach debugpy to 127.0.0.1:9230',
  ],
  [
    'a debugger that came',
    { event: 'debugger', function: 'hello', state: 'attached' },
    '· hello debugger attached: the timeout is suspended',
  ],
  [
    'a debugger that went',
    { event: 'debugger', function: 'hello', state: 'detached' },
    '· hello debugger detached: the timeout applies again',
  ],
  [
    'no debugger',
    { event: 'debugger', function: 'hello', state: 'unavailable', reason: 'debugpy is not installed' },
    '· hello has no debugger: debugpy is not installed',
  ],
  ['notice', { event: 'notice', message: 'no esbuild here' }, '· no esbuild here'],
  ['stopping', { event: 'stopping', waiting_for: 1 }, '· finishing 1 invocation; Ctrl-C again ends at once'],
  ['stopping with nothing to do', { event: 'stopping', waiting_for: 0 }, ''],
  [
    'stopped',
    { event: 'stopped', invocations: 3, failed: 1, abandoned: 2 },
    '· stopped: 3 invocations, 1 failed, 2 cut off; workers, sockets and temporary files are gone',
  ],
];

/** Every sequence our own view writes: SGR, nothing else. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the matter
const ownColours = /\u001b\[\d+m/g;

/** Colours of a function's own too. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const anyColours = /\u001b\[[0-9;:]*m/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/;

describe('without colour', () => {
  test.each(views)('%s', (_name, event, text) => {
    expect(shown(event)).toBe(text);
  });
});

describe('with colour', () => {
  test.each(views)('%s shows the same', (_name, event, text) => {
    expect(shown(event, true).replace(ownColours, '')).toBe(text);
  });

  test('levels have different colours', () => {
    const log = { event: 'log', id, function: 'hello', message: 'x' } as const;
    expect(shown({ ...log, level: 'error' }, true)).toBe('\u001b[2m8f5e4d\u001b[22m   \u001b[31mx\u001b[39m');
    expect(shown({ ...log, level: 'warn' }, true)).toContain('\u001b[33mx\u001b[39m');
    expect(shown({ ...log, level: 'debug' }, true)).toContain('\u001b[2mx\u001b[22m');
    expect(shown({ ...log, level: 'info' }, true)).toMatch(/ {3}x$/);
  });
});

test('frames of the runtime are left out of a stack that is printed line by line, interleaved with another', () => {
  const output = written(false);
  const show = pretty(output);
  const line = (of: string, message: string) =>
    show({ event: 'log', id: of, function: 'hello', level: 'info', message });
  line('first-', '  File "/tmp/livectl-1-x/python-runtime.py", line 590, in run');
  line('second', '    indented');
  line('first-', '    return marshal(handler(parse_event(body), context))');
  line('first-', '           ^^^^^^^^^^^^^^^^^');
  line('first-', '  File "/code/app.py", line 4, in handler');
  line('second', '    at run (file:///tmp/livectl-1-x/node-runtime.mjs:3:40)');
  line('first-', '    f()');
  expect(output.lines).toEqual([
    'second       indented',
    'first-     File "/code/app.py", line 4, in handler',
    'first-       f()',
  ]);
});

describe('a long error', () => {
  const error = (more: object) =>
    shown({ ...result, ok: false, error: { name: 'E', message: 'm', ...more } });

  test('shows twelve lines of its stack and the number of the others', () => {
    const stack = Array.from({ length: 40 }, (_, index) => `    at f${index} (a.ts:1:1)`);
    const lines = error({ stack }).split('\n');
    expect(lines).toHaveLength(1 + 12 + 1);
    expect(lines.at(-2)).toBe('             at f11 (a.ts:1:1)');
    expect(lines.at(-1)).toBe('         … 28 more');
  });

  test('shows the beginning of a line that contains a whole document', () => {
    const text = error({ message: 'x'.repeat(1_000_000) });
    expect(text.length).toBeLessThan(1200);
    expect(text).toContain('x…');
  });
});

describe('what a function prints', () => {
  const log = (message: string, colour = false) =>
    shown({ event: 'log', id, function: 'hello', level: 'info', message }, colour);

  test('keeps its colours on a terminal that has them, up to the end of the line', () => {
    expect(log('a \u001b[31mred\nb', true)).toBe(
      '\u001b[2m8f5e4d\u001b[22m   a \u001b[31mred\u001b[0m\n\u001b[2m8f5e4d\u001b[22m   b',
    );
    expect(log('a \u001b[38;5;196mred\u001b[0m')).toBe('8f5e4d   a red');
  });

  test('does not move the cursor, clear the screen, ring or set a title', () => {
    for (const colour of [false, true]) {
      const text = log('\u001b[2J\u001b[H\u001b]0;title\u0007\u001b[1A\u009b2K\u0008\u007f\u0000', colour);
      expect(text).toContain('␛[2J␛[H␛]0;title␇␛[1A\\u009b2K␈␡␀');
    }
  });

  test('has a line for each carriage return, so that nothing is overwritten', () => {
    expect(log('10%\r20%\r')).toBe('8f5e4d   10%\n8f5e4d   20%');
    expect(log('dos\r\nlines\r\n')).toBe('8f5e4d   dos\n8f5e4d   lines\n8f5e4d   ');
    expect(log('tab\tstays')).toBe('8f5e4d   tab\tstays');
  });

  test('stays on its line elsewhere: a path, an error, a name, a reason', () => {
    const evil = 'a\nb\u001b[2Jc\u001b[31md';
    const safe = 'a␊b␛[2Jcd';
    const events: SessionEvent[] = [
      { event: 'invoke', id: evil, function: evil, trigger: evil },
      { event: 'reload', function: evil, ms: 1, changed: [evil] },
      { event: 'error', code: 'LD_RELAY', message: evil },
      { event: 'displaced', by: { user: evil, host: evil } },
      { event: 'reconnect', state: 'lost', reason: evil },
      { event: 'notice', message: evil },
    ];
    for (const event of events) {
      expect(shown(event)).toContain(safe);
      expect(shown(event).split('\n')).toHaveLength(1);
    }
  });

  test('never passes a control character through, whatever it is and wherever it is', () => {
    const event = (text: string): SessionEvent[] => [
      { event: 'log', id: text, function: text, level: 'info', message: text },
      { event: 'invoke', id: text, function: text, trigger: text },
      { ...result, id: text, function: text, ok: false, error: { name: text, message: text, stack: [text] } },
      {
        event: 'build_error',
        function: text,
        errors: [{ text, file: text, lineText: text }],
        last_good: false,
      },
      { event: 'reload', function: text, ms: 1, changed: [text] },
      { event: 'queued', id: text, function: text, waiting: 1, reason: 'max_workers' },
      { event: 'debugger', function: text, state: 'unavailable', reason: text },
      { event: 'error', code: 'LD_RELAY', message: text, remedy: text },
      { event: 'reconnect', state: 'retrying', reason: text },
      { event: 'notice', message: text },
    ];
    const character = fc.constantFrom(
      '\u001b',
      '\u009b',
      '[',
      '2',
      '3',
      '1',
      ';',
      'm',
      'J',
      ']',
      '\u0007',
      '\r',
      '\n',
      '\u2028',
      '\u0085',
      'a',
    );
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 30 }), (text) => {
        for (const each of event(text)) {
          expect(shown(each)).not.toMatch(controls);
          expect(shown(each, true).replace(anyColours, '')).not.toMatch(controls);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('several invocations at once', () => {
  const invoke = (of: string, name: string) =>
    ({ event: 'invoke', id: of, function: name, trigger: 'invoke' }) as const;
  const log = (of: string, name: string, message: string) =>
    ({ event: 'log', id: of, function: name, level: 'info', message }) as const;
  const end = (of: string, name: string) => ({ ...result, id: of, function: name }) as const;

  test('their lines name the function while more than one runs', () => {
    const output = written();
    const show = pretty(output);
    for (const event of [
      ...[invoke('aaaaaaaa', 'hello'), log('aaaaaaaa', 'hello', 'alone')],
      ...[invoke('bbbbbbbb', 'orders'), log('aaaaaaaa', 'hello', 'x\ny'), log('bbbbbbbb', 'orders', 'z')],
      ...[end('aaaaaaaa', 'hello'), log('bbbbbbbb', 'orders', 'alone')],
    ])
      show(event);
    expect(output.lines.filter((line) => !/[→←]/.test(line))).toEqual([
      'aaaaaa   alone',
      'aaaaaa   hello │ x\naaaaaa   hello │ y',
      'bbbbbb   orders │ z',
      'bbbbbb   alone',
    ]);
  });

  /** The colours of each tag. */
  function tints(colourBits: 4 | 8, events: readonly SessionEvent[]): Map<string, Set<string>> {
    const output = { ...written(true), colourBits };
    const show = pretty(output);
    for (const event of events) show(event);
    const found = new Map<string, Set<string>>();
    for (const line of output.lines) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them
      const [, code = '', tag = ''] = /^\u001b\[([0-9;]+)m(\w{6})/.exec(line) ?? [];
      found.set(tag, (found.get(tag) ?? new Set()).add(code));
    }
    return found;
  }

  test.each([4, 8] as const)('each keeps a colour that none of the others has (%s bits)', (bits) => {
    const ids = ['aaaaaa', 'bbbbbb', 'cccccc', 'dddddd', 'eeeeee'];
    const colours = tints(bits, [
      ...ids.map((each) => invoke(each, 'f')),
      ...ids.map((each) => log(each, 'f', 'x')),
      ...ids.map((each) => end(each, 'f')),
    ]);
    for (const each of ids) expect(colours.get(each)?.size, each).toBe(1);
    expect(new Set(ids.flatMap((each) => [...(colours.get(each) ?? [])])).size).toBe(5);
  });

  test('an id that is in flight twice keeps its colour until the second end', () => {
    const colours = tints(8, [
      ...[invoke('aaaaaa', 'f'), invoke('aaaaaa', 'f'), end('aaaaaa', 'f'), log('aaaaaa', 'f', 'x')],
      ...[end('aaaaaa', 'f')],
    ]);
    expect(colours.get('aaaaaa')?.size).toBe(1);
  });
});

test('with timestamps each event begins with the time, and its further lines are below', () => {
  const output = written();
  const clock = { now: () => new Date(2026, 10, 27, 9, 58, 12, 7).getTime() };
  const show = pretty(output, { timestamps: true, clock });
  show({ event: 'invoke', id, function: 'hello', trigger: 'GET /' });
  show({ event: 'log', id, function: 'hello', level: 'info', message: 'one\ntwo' });
  show({ event: 'ready', url: undefined, stage: 'local', functions: [], trigger_args: [], ms: 1 });
  expect(output.lines.slice(0, 2)).toEqual([
    '09:58:12.007 8f5e4d → hello GET /',
    '09:58:12.007 8f5e4d   one\n             8f5e4d   two',
  ]);
  expect(output.lines[2]).toMatch(/^\n09:58:12\.007 ● Serving/);
});
