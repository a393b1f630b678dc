// Reading livectl.json: defaults, and every mistake reported at once.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { loadManifest } from '../../src/manifest/load-manifest.ts';

let root: string;
let file: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'manifest-'));
  file = join(root, 'livectl.json');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function load(manifest: unknown, functions?: string[]) {
  await writeFile(file, typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  return loadManifest({ root, functions });
}

async function refusal(promise: Promise<unknown>): Promise<LiveDebugError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(LiveDebugError);
  expect((error as LiveDebugError).code).toBe('LD_CONFIG');
  return error as LiveDebugError;
}

/** The mistakes of a manifest whose only function is `hello`, without the file's name. */
async function mistakesIn(hello: Record<string, unknown>): Promise<string[]> {
  const error = await refusal(
    load({ functions: { hello: { handler: 'src/hello.handler', runtime: 'nodejs22.x', ...hello } } }),
  );
  const [first = '', ...others] = error.message.split('\n');
  return others.length > 0 ? others.map((line) => line.trim()) : [first.slice(file.length + 2)];
}

describe('a valid manifest', () => {
  it('gets Lambda’s defaults', async () => {
    const manifest = await load({
      functions: { hello: { handler: 'src/hello.handler', runtime: 'nodejs22.x' } },
    });
    expect(manifest).toEqual({
      root,
      file,
      functions: [
        {
          name: 'hello',
          handler: 'src/hello.handler',
          runtime: 'nodejs22.x',
          timeout: 3,
          memorySize: 128,
          environment: {},
          sourceDir: '.',
          layers: [],
          layerDirs: [],
          command: undefined,
          esbuild: { bundle: undefined, packages: 'auto', external: [] },
          inVpc: false,
          triggers: {},
        },
      ],
      texts: {
        hello: expect.objectContaining({ handler: 'src/hello.handler', timeout: 3, memory_size: 128 }),
      },
      redact: [],
    });
  });

  it('keeps every field', async () => {
    const { functions } = await load({
      $schema: './livectl.schema.json',
      functions: {
        py: {
          handler: 'app.main',
          runtime: 'python3.12',
          timeout: 900,
          memory_size: 10240,
          environment: { GREETING: 'hi' },
          source_dir: '../py',
          layer_dirs: ['layers/pandas'],
          build: ['make'],
          command: ['python3', '-m', 'awslambdaric', 'app.main'],
          esbuild: {
            packages: 'bundle',
            external: ['sharp'],
            main_fields: ['module'],
            keep_names: false,
            entry_points: ['src/thread.ts'],
          },
          triggers: { http: { path: '/py/{id}/{rest+}', method: 'POST' } },
        },
      },
    });
    expect(functions).toEqual([
      {
        name: 'py',
        handler: 'app.main',
        runtime: 'python3.12',
        timeout: 900,
        memorySize: 10240,
        environment: { GREETING: 'hi' },
        sourceDir: '../py',
        layers: [],
        layerDirs: ['layers/pandas'],
        build: ['make'],
        command: ['python3', '-m', 'awslambdaric', 'app.main'],
        esbuild: {
          bundle: true,
          packages: 'bundle',
          external: ['sharp'],
          mainFields: ['module'],
          keepNames: false,
          entryPoints: ['src/thread.ts'],
        },
        inVpc: false,
        triggers: { http: { path: '/py/{id}/{rest+}', method: 'POST' } },
      },
    ]);
  });

  it.each([
    [undefined, undefined],
    [{}, true],
    [{ bundle: false }, false],
    [{ bundle: true }, true],
  ])('esbuild %j bundles: %s', async (esbuild, bundle) => {
    const { functions } = await load({
      functions: { hello: { handler: 'a.b', runtime: 'nodejs22.x', esbuild } },
    });
    expect(functions[0]?.esbuild.bundle).toBe(bundle);
  });

  it('returns only the requested functions', async () => {
    const one = { handler: 'a.b', runtime: 'nodejs22.x' };
    const { functions } = await load({ functions: { a: one, b: one, c: one } }, ['c', 'a']);
    expect(functions.map(({ name }) => name)).toEqual(['a', 'c']);
  });

  it('lets two functions share a path under different methods', async () => {
    const one = (method: string) => ({
      handler: 'a.b',
      runtime: 'nodejs22.x',
      triggers: { http: { path: '/a', method } },
    });
    const { functions } = await load({ functions: { a: one('GET'), b: one('POST') } });
    expect(functions).toHaveLength(2);
  });
});

describe('an invalid manifest', () => {
  it.each<[Record<string, unknown>, string[]]>([
    [{ timeout: 1000 }, ['functions.hello.timeout: 1000 is more than 900 seconds']],
    [{ timeout: 0 }, ['functions.hello.timeout: 0 is less than 1 seconds']],
    [{ timeout: 2.5 }, ['functions.hello.timeout: 2.5 is not a whole number of seconds']],
    [{ timeout: '3s' }, ['functions.hello.timeout: must be a number, not the string "3s"']],
    [{ memory_size: 64 }, ['functions.hello.memory_size: 64 is less than 128 MB']],
    [{ memorySize: 256 }, ['functions.hello.memorySize: is not known here; did you mean "memory_size"?']],
    [{ layer: [] }, ['functions.hello.layer: is not known here; did you mean "layers"?']],
    [{ handler: undefined }, ['functions.hello.handler: is required']],
    [
      { watch: ['*a*b*c*'] },
      [
        'functions.hello.watch[0]: "*a*b*c*" must not have more than 3 stars between slashes, nor more than 3 times **',
      ],
    ],
    [
      { runtime: 'nodejs 20' },
      [
        'functions.hello.runtime: "nodejs 20" must be an AWS runtime identifier, for example nodejs22.x or python3.13',
      ],
    ],
    [
      { environment: { 'A-B': 'x' } },
      [
        'functions.hello.environment.A-B: is not a variable name: a letter, then letters, digits and _, at least two characters',
      ],
    ],
    [{ environment: { PORT: [1] } }, ['functions.hello.environment.PORT: must be a string, not an array']],
    [
      { environment: { AWS_REGION: 'x' } },
      ['functions.hello.environment.AWS_REGION: is reserved for Lambda, which sets it itself'],
    ],
    [
      { environment: { BIG: 'é'.repeat(2047) } },
      [
        'functions.hello.environment: has 4360 bytes as JSON, including the variables of the stub, and Lambda allows 4096',
      ],
    ],
    [{ command: [] }, ['functions.hello.command: must name a program']],
    [{ build: [''] }, ['functions.hello.build: must name a program']],
    [
      { build: 'make' },
      ['functions.hello.build: must be an array of strings, the program first, not the string "make"'],
    ],
    [{ layer_dirs: [''] }, ['functions.hello.layer_dirs[0]: must name a folder']],
    [{ command: ['node', null] }, ['functions.hello.command[1]: must be a string, not null']],
    [{ esbuild: 'yes' }, ['functions.hello.esbuild: must be an object, not the string "yes"']],
    // Terraform reads the same file, and its types have no "true or an object".
    [{ esbuild: true }, ['functions.hello.esbuild: must be an object, not true: write { "bundle": true }']],
    [
      { esbuild: false },
      ['functions.hello.esbuild: must be an object, not false: write { "bundle": false }'],
    ],
    [
      { esbuild: { packages: 'inline' } },
      ['functions.hello.esbuild.packages: must be "auto", "external" or "bundle", not the string "inline"'],
    ],
    [
      { esbuild: { minify: true } },
      [
        'functions.hello.esbuild.minify: is not known here; known are bundle, packages, external, format, target, define, loader, inject, banner, alias, conditions, main_fields, keep_names, tsconfig, entry_points. For any other option, run your own bundler with "build"',
      ],
    ],
    [
      { esbuild: { keepNames: true } },
      [
        'functions.hello.esbuild.keepNames: is not known here; did you mean "keep_names"? For any other option, run your own bundler with "build"',
      ],
    ],
    [
      { esbuild: { loader: { '.sql': 'raw', sql: 'text' } } },
      [
        'functions.hello.esbuild.loader[".sql"]: must be an esbuild loader (base64, binary, copy, css, dataurl, default, empty, file, global-css, js, json, jsx, local-css, text, ts, tsx), not "raw"',
        'functions.hello.esbuild.loader.sql: "sql" must be a file extension with its dot, for example ".sql"',
      ],
    ],
    [
      { esbuild: { target: 'node 20' } },
      [
        'functions.hello.esbuild.target: "node 20" must be esbuild targets, for example "node20" or "es2022,node20"',
      ],
    ],
    [
      { triggers: { http: { path: 'hello' } } },
      ['functions.hello.triggers.http.path: "hello" must start with /'],
    ],
    [
      { triggers: { http: { authorization_type: 'JWT' } } },
      [
        'functions.hello.triggers.http.jwt_configuration: is required with authorization_type "JWT": write e.g. {"issuer":"https://login.example.com","audience":["orders"]}',
      ],
    ],
    [
      {
        triggers: {
          http: { jwt_configuration: { issuer: 'http://login.example.com', audience: [] } },
        },
      },
      [
        'functions.hello.triggers.http.jwt_configuration.issuer: "http://login.example.com" must be an https URL, e.g. https://login.example.com',
        'functions.hello.triggers.http.jwt_configuration.audience: must have an audience',
      ],
    ],
    [
      { triggers: { http: { authorization_type: 'AWS_IAM', authorization_scopes: ['read'] } } },
      ['functions.hello.triggers.http.authorization_scopes: needs authorization_type "JWT", not "AWS_IAM"'],
    ],
    [
      { triggers: { http: { throttling_rate_limit: 0, throttling_burst_limit: 5001 } } },
      [
        'functions.hello.triggers.http.throttling_rate_limit: 0 is less than 1 request per second',
        'functions.hello.triggers.http.throttling_burst_limit: 5001 is more than 5000 requests',
      ],
    ],
    [
      { triggers: { http: { path: '/{a+}/b' } } },
      ['functions.hello.triggers.http.path: "/{a+}/b" must have {a+} as its last segment'],
    ],
    [
      { triggers: { http: { path: '/a-{b}' } } },
      [
        'functions.hello.triggers.http.path: "/a-{b}" must have parameters that are whole segments, for example {id} or {proxy+}',
      ],
    ],
    [
      { triggers: { http: { path: '/a//b' } } },
      ['functions.hello.triggers.http.path: "/a//b" has an empty segment'],
    ],
    [
      { triggers: { http: { path: '/a?b=1' } } },
      ['functions.hello.triggers.http.path: "/a?b=1" must be a path without spaces, ? or #'],
    ],
    [
      { triggers: { http: { path: '/{a}/{a}' } } },
      ['functions.hello.triggers.http.path: "/{a}/{a}" has the parameter {a} twice'],
    ],
    [
      { triggers: { http: { method: 'get' } } },
      [
        'functions.hello.triggers.http.method: must be ANY, GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS, not the string "get"',
      ],
    ],
    [{ triggers: { mqtt: {} } }, ['functions.hello.triggers.mqtt: is not known here']],
    [
      { triggers: { sns: { topic: 'orders' } } },
      ['functions.hello.triggers.sns.topic: is not known here; did you mean "topic_arn"?'],
    ],
    [
      { triggers: { sns: { topic_arn: 'orders' } } },
      [
        'functions.hello.triggers.sns.topic_arn: "orders" is not an ARN of sns: write e.g. arn:aws:sns:eu-west-1:123456789012:orders',
      ],
    ],
    [
      { triggers: { sqs: { queue_arn: 'arn:aws:sqs:eu-west-1:123456789012:a', queue_name: 'b' } } },
      [
        'functions.hello.triggers.sqs.queue_name: is for a new resource, but queue_arn names an existing one: remove one of them',
      ],
    ],
    [
      { triggers: { sqs: { batch_size: 11 } } },
      [
        'functions.hello.triggers.sqs.batch_size: above 10 needs a maximum_batching_window_in_seconds of at least 1',
      ],
    ],
    [
      { triggers: { sqs: { fifo_queue: true, maximum_batching_window_in_seconds: 1 } } },
      [
        'functions.hello.triggers.sqs.fifo_queue: takes a batch_size up to 10 and no maximum_batching_window_in_seconds',
      ],
    ],
    [
      { triggers: { sns: { create: true, topic_arn: 'arn:aws:sns:eu-west-1:123456789012:a' } } },
      [
        'functions.hello.triggers.sns.create: is true, but topic_arn names an existing resource: remove one of them',
      ],
    ],
    [
      { triggers: { dynamodb: { create: false } } },
      ['functions.hello.triggers.dynamodb.create: is false, so stream_arn must name an existing resource'],
    ],
    [
      { triggers: { s3: { events: ['ObjectCreated:*'] } } },
      ['functions.hello.triggers.s3.events: must name events of S3, e.g. s3:ObjectCreated:*'],
    ],
    [
      { triggers: { sqs: { function_response_types: ['Batch'] } } },
      [
        'functions.hello.triggers.sqs.function_response_types[0]: must be ReportBatchItemFailures, not the string "Batch"',
      ],
    ],
    [{ triggers: { eventbridge: {} } }, ['functions.hello.triggers.eventbridge.event_pattern: is required']],
    [
      { triggers: { eventbridge: { event_pattern: { source: ['a'] } } } },
      ['functions.hello.triggers.eventbridge.event_pattern: must be a string, not an object'],
    ],
    [
      { triggers: { eventbridge: { event_pattern: '{"source": [a]}' } } },
      [
        expect.stringMatching(
          /^functions\.hello\.triggers\.eventbridge\.event_pattern: is not valid JSON: /,
        ) as string,
      ],
    ],
    [
      { triggers: { schedule: { schedule_expression: 'rate(1 minutes)' } } },
      [
        'functions.hello.triggers.schedule.schedule_expression: "rate(1 minutes)" must be e.g. rate(5 minutes) or cron(0 8 ? * MON-FRI *)',
      ],
    ],
    [
      { triggers: { function_url: { invoke_mode: 'STREAM' } } },
      [
        'functions.hello.triggers.function_url.invoke_mode: must be BUFFERED or RESPONSE_STREAM, not the string "STREAM"',
      ],
    ],
    [
      { invoke_mode: 'STREAM' },
      ['functions.hello.invoke_mode: must be "BUFFERED" or "RESPONSE_STREAM", not the string "STREAM"'],
    ],
    [
      { invoke_mode: 'BUFFERED', triggers: { function_url: { invoke_mode: 'RESPONSE_STREAM' } } },
      [
        'functions.hello.invoke_mode: is "BUFFERED", but triggers.function_url.invoke_mode is "RESPONSE_STREAM": leave invoke_mode out',
      ],
    ],
    [
      { runtime: 'nodejs22.x', python: 'python3.13' },
      ['functions.hello.python: is only for a Python runtime, not nodejs22.x'],
    ],
    [
      { runtime: 'python3.13', python: 'python3.13', command: ['python3'] },
      ['functions.hello.python: is not used with a command: leave one out'],
    ],
    [{ runtime: 'python3.13', python: '' }, ['functions.hello.python: must name an interpreter']],
    [{ tunnel: 'no' }, ['functions.hello.tunnel: must be true or false, not the string "no"']],
  ])('%j', async (hello, mistakes) => {
    expect(await mistakesIn(hello)).toEqual(mistakes);
  });

  it.each([
    [{ subnets: [] }, ['tunnel.subnets: is not known here; did you mean "subnet_ids"?']],
    [
      { subnet_ids: [], security_group_ids: ['my-group'] },
      [
        'tunnel.subnet_ids: must have an id, e.g. subnet-0123456789abcdef0',
        'tunnel.security_group_ids[0]: "my-group" must be an id, e.g. sg-0123456789abcdef0',
      ],
    ],
    [{ allow: [] }, ['tunnel.allow: must name a destination; leave it out to allow the private addresses']],
    [
      { allow: Array.from({ length: 101 }, () => 'db:1') },
      ['tunnel.allow: must have at most 100 entries: it has 101'],
    ],
    [
      {
        allow: ['db.internal:5432', 'db.internal'],
        others: { b: { allow: ['127.0.0.1:80', '10.0.5.0/16:*'] } },
      },
      [
        expect.stringMatching(/^tunnel\.allow: has the invalid entry "db\.internal": it must end in a port/),
        expect.stringMatching(
          /^tunnel\.others\.b\.allow: has the invalid entry "127\.0\.0\.1:80": it is a loopback address.*; has the invalid entry "10\.0\.5\.0\/16:\*"/,
        ),
      ],
    ],
  ])('is reported in tunnel: %j', async (tunnel, mistakes) => {
    const hello = { handler: 'src/hello.handler', runtime: 'nodejs22.x' };
    const error = await refusal(load({ functions: { hello }, tunnel }));
    const [first = '', ...others] = error.message.split('\n');
    expect(others.length > 0 ? others.map((line) => line.trim()) : [first.slice(file.length + 2)]).toEqual(
      mistakes,
    );
  });

  it('is reported with all its mistakes at once, in shape and in meaning', async () => {
    const error = await refusal(
      load({
        function: {},
        functions: {
          'a b': { handler: 'a.b', runtime: 'nodejs22.x' },
          late: { handler: 'a.b', runtime: 'nodejs22.x', timeout: 901, memory: 1 },
          py: { handler: 'a.b', runtime: 'nodejs22.x', command: [''] },
        },
      }),
    );
    expect(error.message.split('\n')).toEqual([
      `${file} has 5 mistakes:`,
      '  functions["a b"]: is not a function name: letters, digits, - and _, at most 64',
      '  functions.late.timeout: 901 is more than 900 seconds',
      '  functions.late.memory: is not known here; did you mean "memory_size"?',
      '  function: is not known here; did you mean "functions"?',
      '  functions.py.command: must name a program',
    ]);
  });

  it('may not give one route to two functions, whatever its parameters are called', async () => {
    const one = (path: string) => ({ handler: 'a.b', runtime: 'nodejs22.x', triggers: { http: { path } } });
    const error = await refusal(load({ functions: { a: one('/{x}/y'), b: one('/{z}/y'), c: one('/{z+}') } }));
    expect(error.message.split('\n')).toEqual([
      `${file} has 2 mistakes:`,
      '  functions.b.triggers.http.path: has the route ANY /{z}/y, as functions.a.triggers.http.path has: change path or method in one of them',
      '  functions.b.triggers.http.path: has the parameter {z} where functions.a.triggers.http.path has {x}: API Gateway needs one name at one position, so write the same name',
    ]);
  });

  it('may not have two cors in the API that its functions share', async () => {
    const one = (cors: object) => ({ handler: 'a.b', runtime: 'nodejs22.x', triggers: { http: { cors } } });
    const functions = { a: one({ allow_origins: ['*'] }), b: one({ allow_origins: ['*'] }), c: one({}) };
    const error = await refusal(load({ functions }));
    expect(error.message).toBe(
      `${file}: functions.c.triggers.http.cors: must be the same as in functions.a, since all functions share one HTTP API`,
    );
  });

  it.each([['text'], [null], [3]])('that is %j is not an object', async (value) => {
    const error = await refusal(load(JSON.stringify(value)));
    expect(error.message).toMatch(/: must be an object, not /);
  });

  it('without a function is refused', async () => {
    expect((await refusal(load({ functions: {} }))).message).toBe(`${file}: functions: must name a function`);
  });

  it('with invalid JSON is refused with line and column', async () => {
    const error = await refusal(load('{\n  "functions": {\n    "a": {},\n  }\n}'));
    expect(error.message).toBe(`${file}:3:12: JSON allows no comma before "}"`);
  });
});

describe('what does not exist', () => {
  it('a missing file is reported with what to write', async () => {
    const error = await refusal(loadManifest({ root }));
    expect(error.message).toContain(file);
    expect(error.remedy).toContain('"handler": "src/hello.handler"');
  });

  it('a --config is read from its own path', async () => {
    const error = await refusal(loadManifest({ root, config: join(root, 'other.json') }));
    expect(error.message).toContain(join(root, 'other.json'));
  });

  it('a folder in the file’s place is reported', async () => {
    const error = await refusal(loadManifest({ root, config: root }));
    expect(error.message).toMatch(/can't be read/);
  });

  it('an unknown --function is reported with the candidates', async () => {
    const one = { handler: 'a.b', runtime: 'nodejs22.x' };
    const error = await refusal(load({ functions: { hello: one, orders: one } }, ['helo', 'zzz', 'orders']));
    expect(error.message).toBe(
      'There is no function "helo"; did you mean "hello"?\nThere is no function "zzz".',
    );
    expect(error.remedy).toBe(`Functions in ${file}: hello, orders.`);
  });
});

it('livectl.schema.json is generated from the schema', async () => {
  const script = new URL('../../../scripts/schema.mjs', import.meta.url).pathname;
  await promisify(execFile)(process.execPath, [script, '--check']);
});
