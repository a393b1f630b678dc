// What a recording is exported as is run for real: curl against a server, `livectl invoke` in a shell, vitest, Python.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExportedInvocation, ExportForm, ExportOptions } from '../../src/recordings/export-form.ts';
import { exportText } from '../../src/recordings/export-texts.ts';

const run = promisify(execFile);
const repository = join(import.meta.dirname, '../../..');

const invocation: ExportedInvocation = {
  key: '20261127T070000000-0001',
  id: '7f6d9a4e-0000-4000-8000-000000000001',
  function: 'orders',
  trigger: 'POST /orders',
  at: '2026-11-27T07:00:00.000Z',
  status: 'ok',
  context: { arn: 'arn:aws:lambda:eu-west-1:123456789012:function:orders' },
};

function exported(
  event: unknown,
  as: ExportForm,
  options: ExportOptions = {},
  more: Partial<ExportedInvocation> = {},
): string {
  const result = exportText({ ...invocation, ...more }, bytes(event), as, options);
  if (!result.ok) throw new Error(result.reason);
  return result.text;
}

function bytes(event: unknown): Uint8Array {
  return new TextEncoder().encode(typeof event === 'string' ? event : JSON.stringify(event));
}

/** All but line feeds. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these must not occur.
const obeyedByTerminals = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('curl', () => {
  interface Seen {
    readonly method: string | undefined;
    readonly url: string | undefined;
    readonly headers: IncomingMessage['headersDistinct'];
    readonly body: string;
  }

  let server: Server;
  let host: string;
  let seen: Seen | undefined;
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const body: Buffer[] = [];
      for await (const chunk of request) body.push(chunk);
      const { headersDistinct: headers, method, url } = request;
      seen = { method, url, headers, body: Buffer.concat(body).toString('latin1') };
      response.end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  /** What a server receives from the command. */
  async function received(event: object, options?: ExportOptions): Promise<Seen> {
    seen = undefined;
    const script = join(folder, 'command.sh');
    await writeFile(script, exported(event, 'curl', options));
    await run('sh', [script], { timeout: 20_000 });
    if (seen === undefined) throw new Error('no request came');
    return seen;
  }

  function httpApi(more: object, http: object = {}): object {
    const { headers, ...rest } = more as { headers?: object };
    return {
      version: '2.0',
      rawPath: '/orders',
      rawQueryString: '',
      headers: { host, 'x-forwarded-proto': 'http', 'content-length': '999', ...headers },
      requestContext: { domainName: '127.0.0.1', http: { method: 'POST', ...http } },
      isBase64Encoded: false,
      ...rest,
    };
  }

  it('repeats a JSON request of an HTTP API', async () => {
    const body = '{"name":"it\'s $HOME `id` \\\\ \\"x\\"\\n","é":"€"}\n\n';
    const request = await received(
      httpApi({
        headers: {
          'content-type': 'application/json',
          'x-empty': '',
          'x-quote': `it's "$HOME"`,
          authorization: 'Bearer abc',
        },
        cookies: ['a=1', 'b=2'],
        rawQueryString: 'tag=x&tag=y%20z&a[]=1',
        body,
      }),
    );
    expect(request).toMatchObject({ method: 'POST', url: '/orders?tag=x&tag=y%20z&a[]=1' });
    expect(Buffer.from(request.body, 'latin1').toString()).toBe(body);
    expect(request.headers).toMatchObject({
      host: [host],
      'content-type': ['application/json'],
      'content-length': [String(Buffer.byteLength(body))],
      'x-empty': [''],
      'x-quote': [`it's "$HOME"`],
      authorization: ['Bearer abc'],
      cookie: ['a=1; b=2'],
    });
  });

  it('repeats bytes that are not text, and a form that came as base64', async () => {
    const binary = Buffer.from([0, 1, 255, 10, 13, 39]);
    const image = await received(httpApi({ isBase64Encoded: true, body: binary.toString('base64') }));
    expect(Buffer.from(image.body, 'latin1')).toEqual(binary);
    expect(image.headers['content-type']).toBeUndefined();
    const form = await received(
      httpApi({ isBase64Encoded: true, body: Buffer.from('a=1&b=@/etc/passwd').toString('base64') }),
    );
    expect(form.body).toBe('a=1&b=@/etc/passwd');
  });

  it('repeats headers and parameters of a REST API that came more than once', async () => {
    const request = await received({
      httpMethod: 'DELETE',
      path: '/orders/1',
      headers: { Host: host, 'X-Tag': 'b' },
      multiValueHeaders: { Host: [host], 'X-Tag': ['a', 'b'], 'X-Forwarded-Proto': ['http'] },
      queryStringParameters: { q: 'é & ü' },
      multiValueQueryStringParameters: { q: ['1+1', 'é & ü'] },
      requestContext: { path: '/dev/orders/1', httpMethod: 'DELETE' },
      body: null,
      isBase64Encoded: false,
    });
    expect(request).toMatchObject({
      method: 'DELETE',
      url: '/dev/orders/1?q=1%2B1&q=%C3%A9%20%26%20%C3%BC',
      body: '',
    });
    expect(request.headers['x-tag']).toEqual(['a', 'b']);
  });

  it('repeats a request of a load balancer, whose parameters are encoded', async () => {
    const request = await received({
      httpMethod: 'GET',
      path: '/a b/../c',
      headers: { host, 'x-forwarded-proto': 'http', 'accept-encoding': 'gzip' },
      queryStringParameters: { q: 'a%20b' },
      requestContext: { elb: { targetGroupArn: 'arn' } },
      body: '',
      isBase64Encoded: false,
    });
    expect(request).toMatchObject({ method: 'GET', url: '/a%20b/../c?q=a%20b' });
    expect(request.headers['accept-encoding']?.[0]).toContain('gzip');
  });

  it('asks a function URL of the local cloud at its own address', async () => {
    const event = httpApi({ rawPath: '/x', rawQueryString: 'a=1' }, { method: 'GET' }) as {
      requestContext: object;
    };
    const request = await received(
      { ...event, requestContext: { ...event.requestContext, apiId: 'orders' } },
      { functionUrl: `http://${host}/_url/orders/` },
    );
    expect(request.url).toBe('/_url/orders/x?a=1');
  });

  it('asks a deployed API by https', () => {
    const event = {
      rawPath: '/a',
      rawQueryString: '',
      requestContext: { domainName: 'abc.execute-api.eu-west-1.amazonaws.com', http: { method: 'GET' } },
    };
    expect(exported(event, 'curl')).toBe('curl https://abc.execute-api.eu-west-1.amazonaws.com/a\n');
  });

  it('sends a body that is too long for an argument', async () => {
    const body = `{"a":"${"'€".repeat(100_000)}"}`;
    const request = await received(httpApi({ headers: { 'content-type': 'application/json' }, body }));
    expect(Buffer.from(request.body, 'latin1').toString()).toBe(body);
  });

  it('adds no header, file, option or command, whatever the event contains', async () => {
    const hostile = await received({
      ...httpApi({
        rawPath: '/a;id|x&$(id)`id`\'"\n{1,2}[1-2]/€',
        rawQueryString: 'q=\'";$(id) #',
        headers: {
          '@/etc/passwd': '1',
          'x-a': 'b\r\nx-injected: 1',
          '-o /tmp/x': '1',
          'x-b': "';id;'",
          'x-c': '\u001b[201~id',
        },
        body: '@/etc/passwd',
      }),
    });
    expect(hostile.body).toBe('@/etc/passwd');
    expect(hostile.headers).not.toHaveProperty('x-injected');
    expect(hostile.headers['x-b']).toEqual(["';id;'"]);
    expect(decodeURIComponent(hostile.url ?? '')).toBe('/a;id|x&$(id)`id`\'"\n{1,2}[1-2]/€?q=\'";$(id) #');
  });

  it('carries any text, and never what a terminal obeys', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (body) => {
        const event = httpApi({ body });
        expect(exported(event, 'curl')).not.toMatch(obeyedByTerminals);
        const request = await received(event);
        expect(Buffer.from(request.body, 'latin1').toString()).toBe(body);
      }),
      { numRuns: 25 },
    );
  });

  it.each([
    ['an SQS event', { Records: [{ eventSource: 'aws:sqs' }] }],
    ['an authorizer', { version: '2.0', routeArn: 'arn', requestContext: { http: { method: 'GET' } } }],
    ['a WebSocket API', { requestContext: { connectionId: 'abc', routeKey: '$default' } }],
    ['a method that is none', { requestContext: { http: { method: '-o /tmp/x' } } }],
    ['a text', '"x"'],
  ])('refuses %s', (_, event) => {
    expect(exportText(invocation, bytes(event), 'curl')).toEqual({
      ok: false,
      reason: 'its event is not an HTTP request',
    });
  });
});

describe('invoke', () => {
  /** The arguments and the stdin of a command named livectl. */
  async function called(event: unknown, options?: ExportOptions): Promise<{ args: string[]; stdin: string }> {
    const bin = join(folder, 'bin');
    await mkdir(bin, { recursive: true });
    const script = `#!/bin/sh\nprintf '%s\\0' "$@"\nif [ "$5" = - ]; then printf '\\0'; cat; fi\n`;
    await writeFile(join(bin, 'livectl'), script, { mode: 0o755 });
    const command = join(folder, 'invoke.sh');
    await writeFile(command, exported(event, 'invoke', options));
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
    const { stdout } = await run('sh', [command], { env, timeout: 20_000, maxBuffer: 10_000_000 });
    const [args = '', stdin = ''] = stdout.split('\0\0');
    return { args: args.replace(/\0$/, '').split('\0'), stdin };
  }

  it('gives the event as it is', async () => {
    const event = `{"a": "it's \\u0000 $HOME", "n": 12345678901234567890}`;
    expect((await called(event)).args).toEqual(['invoke', 'orders', '--local', '--event', event]);
    const options = { placeArgs: ['--stage', 'dev-tom'] };
    expect((await called('{}', options)).args).toEqual([
      'invoke',
      'orders',
      '--stage',
      'dev-tom',
      '--event',
      '{}',
    ]);
    expect((await called('-1')).args).toEqual(['invoke', 'orders', '--local', '--event=-1']);
  });

  it('gives a long event by stdin', async () => {
    const event = JSON.stringify({ a: "'€".repeat(100_000) });
    const { args, stdin } = await called(event);
    expect(args).toEqual(['invoke', 'orders', '--local', '--event', '-']);
    expect(stdin).toBe(event);
  });

  it('gives any JSON value, and never what a terminal obeys', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ stringUnit: 'binary' }), async (event) => {
        expect(exported(event, 'invoke')).not.toMatch(obeyedByTerminals);
        const { args } = await called(event);
        expect(JSON.parse(args.at(-1)?.replace(/^--event=/, '') ?? '')).toEqual(JSON.parse(event));
      }),
      { numRuns: 25 },
    );
  });
});

describe('event', () => {
  it('is the bytes as they were', () => {
    expect(exported('{"a":  1e400, "a": 2}', 'event')).toBe('{"a":  1e400, "a": 2}');
  });

  it.each(['event', 'curl', 'invoke', 'vitest', 'pytest'] as const)(
    'is refused as %s if it was cut',
    (as) => {
      expect(exportText({ ...invocation, event_cut: true }, bytes('{"a":'), as)).toEqual({
        ok: false,
        reason: 'only the start of its event is recorded',
      });
    },
  );
});

/** What breaks out of a comment, a string or a literal, if it can. */
const hostile = {
  function: 'or"ders\'\n*/ throw 1; //',
  trigger: 'POST /`$' + '{process.exit(1)}`\n\u2028raise SystemExit\r"""\u202e',
  key: 'k-1',
};
const hostileEvent =
  '{"__proto__": {"x": 1}, "q": ["\\"\\"\\"", "\\\\", "`$' +
  '{1}`", "\u2028\u202e", "\\u0000", "</script>"], "n": 12345678901234567890}';
const code = { handler: 'src/code.handlers.echo', toRoot: '.' };

/** A case of both languages: the recording, and whether the handler `echo` answers as it did. */
interface Case {
  readonly name: string;
  readonly event: string;
  readonly more?: Partial<ExportedInvocation>;
  readonly result?: string;
  readonly isSame: boolean;
}
const cases: readonly Case[] = [
  { name: 'same', event: '{"a":[1,{"b":null}]}', result: '{"a":[1,{"b":null}]}', isSame: true },
  { name: 'differs', event: '{"a":1}', result: '{"a":2}', isSame: false },
  { name: 'hostile', event: hostileEvent, result: hostileEvent, more: hostile, isSame: true },
  { name: 'nothing', event: '{}', isSame: true },
  {
    name: 'error',
    event: '{"fail":"no \\"such\\"\\n order"}',
    more: { status: 'error', error: { name: 'NotFound', message: 'no "such"\n order' } },
    isSame: true,
  },
  {
    name: 'other_error',
    event: '{"fail":"x"}',
    more: { status: 'error', error: { name: 'NotFound', message: 'y' } },
    isSame: false,
  },
  {
    name: 'timeout',
    event: '{}',
    more: { status: 'error', error: { name: 'Sandbox.Timedout', message: 'timed out' } },
    isSame: true,
  },
];

function fixture({ event, more, result }: Case, as: 'vitest' | 'pytest'): string {
  return exported(event, as, { ...code, result: result === undefined ? undefined : bytes(result) }, more);
}

describe('vitest', () => {
  it('fixtures pass while the code answers as it did, and fail otherwise', async () => {
    const root = await mkdtemp(join(folder, 'vitest-'));
    await mkdir(join(root, 'src'));
    await symlink(join(repository, 'node_modules'), join(root, 'node_modules'));
    await writeFile(
      join(root, 'src/code.ts'),
      `class NotFound extends Error { override name = 'NotFound'; }
export const handlers = {
  echo: (event: { fail?: string }) => {
    if (event.fail) throw new NotFound(event.fail);
    return { ...event, left: undefined };
  },
};`,
    );
    for (const each of cases) await writeFile(join(root, `${each.name}.test.mjs`), fixture(each, 'vitest'));
    const vitest = join(repository, 'node_modules/vitest/vitest.mjs');
    const ended = await run(process.execPath, [vitest, 'run', '--root', root, '--reporter', 'json'], {
      timeout: 60_000,
    }).catch((error: { stdout: string }) => error);
    const report = JSON.parse(ended.stdout) as {
      testResults: { name: string; status: string; message: string }[];
    };
    const outcomes = report.testResults.map(({ name, status }) => [
      name.slice(root.length + 1, -'.test.mjs'.length),
      status,
    ]);
    expect(Object.fromEntries(outcomes)).toEqual(
      Object.fromEntries(cases.map(({ name, isSame }) => [name, isSame ? 'passed' : 'failed'])),
    );
  });
});

describe('pytest', () => {
  it('fixtures pass while the code answers as it did, and fail otherwise', async () => {
    const root = await mkdtemp(join(folder, 'pytest-'));
    await mkdir(join(root, 'src'));
    await writeFile(
      join(root, 'src/code.py'),
      `class NotFound(Exception):
    pass

class handlers:
    @staticmethod
    def echo(event, context):
        assert context.get_remaining_time_in_millis() > 0 and context.aws_request_id
        if "fail" in event:
            raise NotFound(event["fail"])
        return event
`,
    );
    for (const each of cases) await writeFile(join(root, `test_${each.name}.py`), fixture(each, 'pytest'));
    // pytest need not be installed: of it, the fixtures use `raises` only.
    await writeFile(
      join(root, 'run.py'),
      `import contextlib, glob, importlib, json, sys, types

@contextlib.contextmanager
def raises(kind):
    caught = types.SimpleNamespace(value=None)
    try:
        yield caught
    except kind as error:
        caught.value = error
    assert caught.value is not None

sys.modules["pytest"] = types.SimpleNamespace(raises=raises)
outcomes = {}
for file in glob.glob("test_*.py"):
    module = importlib.import_module(file[:-3])
    [test] = [value for name, value in vars(module).items() if name.startswith("test_")]
    try:
        test()
        outcomes[file[5:-3]] = "passed"
    except AssertionError:
        outcomes[file[5:-3]] = "failed"
print(json.dumps(outcomes))
`,
    );
    const { stdout } = await run('python3', ['run.py'], { cwd: root, timeout: 30_000 });
    expect(JSON.parse(stdout)).toEqual(
      Object.fromEntries(cases.map(({ name, isSame }) => [name, isSame ? 'passed' : 'failed'])),
    );
  });
});
