// What reads text from elsewhere takes a number of steps in proportion to its length: a megabyte of the worst characters
// must not hold livectl up. Steps are V8's own count of executed blocks, independent of any clock; scripts/patterns.mjs
// analyses what regular expressions do inside V8.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { comparison } from '../../inspector/src/diff/comparison.ts';
import { sideBySide } from '../../inspector/src/diff/side-by-side.ts';
import { jsonMistake } from '../../inspector/src/replay/json-mistake.ts';
import { compilePattern } from '../../protocol/event-pattern.ts';
import { firstLine } from '../../protocol/live-debug-error.ts';
import { recordSpans } from '../../protocol/record-spans.ts';
import { parseWire } from '../../protocol/wire.ts';
import { tsconfigFiles } from '../src/builder/tsconfig-files.ts';
import { parseDecimal } from '../src/cloud/dynamodb/decimal.ts';
import { LastWords } from '../src/cloud/lambda/last-words.ts';
import { decodeAwsChunked } from '../src/cloud/s3/aws-chunked.ts';
import { jsonLine } from '../src/control/json-line.ts';
import { hclPlaces } from '../src/init/hcl-places.ts';
import { SourceFiles } from '../src/init/source-files.ts';
import { terraformFunctions } from '../src/init/terraform-functions.ts';
import { terraformResources } from '../src/init/terraform-json.ts';
import { shownFrame } from '../src/log/file-place.ts';
import { pretty } from '../src/log/pretty.ts';
import { guarded, printable, printableLines } from '../src/log/printable.ts';
import { shellWords } from '../src/log/shell-words.ts';
import { closest } from '../src/manifest/did-you-mean.ts';
import { parseExactJson } from '../src/recordings/exact-json.ts';
import { curlCommand } from '../src/recordings/export-curl.ts';
import { indentedJson } from '../src/recordings/indented-json.ts';
import { diffJson } from '../src/recordings/json-diff.ts';
import { Masker } from '../src/recordings/mask/masker.ts';
import { parseSetting, withValue } from '../src/replay/set-value.ts';
import { parseLambdaEvent } from '../src/session/lambda-event.ts';
import { triggerSummary } from '../src/session/trigger-summary.ts';
import { readConnectionString } from '../src/vpn/connection-string.ts';
import { networkFailure } from '../src/vpn/failed-endpoint.ts';
import { parseLine } from '../src/worker/process/log-format.ts';
import { written } from './log/written.ts';

const megabyte = 1024 * 1024;
/** Above what any of them needs for a character, far below what the square of a megabyte would give. */
const mostStepsPerCharacter = 40;

const folder = mkdtempSync(join(tmpdir(), 'linear-'));
const session = new Session();

beforeAll(async () => {
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
});

afterAll(() => {
  session.disconnect();
  rmSync(folder, { recursive: true });
});

/** How often the blocks of our sources ran. */
async function stepsOf(run: () => unknown): Promise<number> {
  await session.post('Profiler.takePreciseCoverage');
  try {
    run();
  } catch {
    // Most of these texts are refused, which is well.
  }
  const { result } = await session.post('Profiler.takePreciseCoverage');
  return result
    .filter(({ url }) => /\/(cli\/src|inspector\/src|protocol)\//.test(url))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges.map(({ count }) => count)))
    .reduce((sum, count) => sum + count, 0);
}

function failed(message: string): void {
  const error = { name: 'Error', message, stack: [message] };
  pretty(written())({ event: 'result', id: 'i', function: 'f', ok: false, ms: 1, code_ms: 1, error });
}

function tsconfig(text: string): void {
  writeFileSync(join(folder, 'tsconfig.json'), text);
  tsconfigFiles(new Set([folder]), folder);
}

const setting = { path: 'a.a', steps: ['a', 'a'], value: '1' };

const wildcard = compilePattern({ a: [{ wildcard: '*ab*ab*ab*ab*c' }] });

function masked(text: string): void {
  for (const _ of new Masker([['a', '*']], ['secret-value']).document(Buffer.from(text)));
}

function maskedJson(text: string): void {
  masked(`[${text}`);
}

function curl(text: string): void {
  const requestContext = { http: { method: 'POST' } };
  curlCommand({ rawPath: text, headers: { [text]: text }, body: text, requestContext }, 'f', undefined);
}

/** As the inspector's page shows it. */
function compare(before: string, after: string): void {
  const { differences, isText, ...values } = comparison(before, after);
  sideBySide(values.before, values.after, differences, new Set(), isText);
}

const places = { here: '/a/b', links: { hasHost: true, hasColumn: false } } as const;

const table: readonly (readonly [string, (text: string) => unknown, readonly string[]])[] = [
  [
    'printableLines',
    (text) => printableLines(text, true),
    ['\r', '\r\n', '\n', '\u001b[', '\u001b[0m', '\u202e'],
  ],
  [
    'recordSpans',
    (text) => recordSpans(Buffer.from(`{"Records":[${text}`)),
    ['[', '{', '"', '\\', ',', ' ', '1', '{"Records":[', '"\\'],
  ],
  ['printable', printable, ['\r', '\n', '\u001b[0m']],
  [
    'guarded',
    guarded,
    [
      '\r',
      '\u001b[0;0;0;',
      '\u001b',
      '\u001b]8;id=0123456789abcdef;file://x',
      '\u001b]8;id=0123456789abcdef;file://x\u001b\\x',
    ],
  ],
  [
    'shownFrame',
    (text) =>
      [`    at ${text}`, `    at f (${text}:1:2)`, `  File "${text}`]
        .map((line) => shownFrame(line, places))
        .join(),
    [':1', ' (', '/', '../', '", line ', ':1:2) {'],
  ],
  ['jsonLine', (text) => jsonLine({ text }), ['\u2028', '"', '\u007f']],
  ['a failed result', failed, ['\r', '\n', ' ', 'at ', 'at /node-runtime']],
  ['shellWords', (text) => shellWords([text]), ["'", 'a', '\\']],
  ['firstLine', firstLine, ['\r', ' ', 'a']],
  ['parseWire', parseWire, ['\n', '{', '=', ' ']],
  ['parseLine', parseLine, ['[', '\t', '{', '{"a":', '2026-01-01T00:00:00.000Z\t']],
  ['parseLambdaEvent', (text) => triggerSummary(parseLambdaEvent(Buffer.from(text)), 1), ['[', '{"a":']],
  ['parseDecimal', parseDecimal, ['0', '1', '10', '.', '1e']],
  ['wildcard', (text) => wildcard({ a: text }), ['a', 'ab', 'aab', '*', 'b']],
  ['LastWords', (text) => new LastWords().hear(text), ['Error ', '\n', ' ', 'Error: ']],
  ['decodeAwsChunked', (text) => decodeAwsChunked(Buffer.from(text)), ['1\r\na\r\n', '\r\n', '1;']],
  ['tsconfig', tsconfig, ['//', '/*', '"', ',', '"\\', '/* */,', ', ', '[']],
  ['readConnectionString', readConnectionString, ['a ', 'a=', ' ', '"', "'", '@', 'a:', ',']],
  [
    'networkFailure',
    networkFailure,
    ['lookup a', 'ENOTFOUND a', 'dial tcp 1', "Can't connect to MySQL server on '"],
  ],
  ['indentedJson', indentedJson, ['[', '[ ', '{"', '"', '\\', ',', ' ', '1', '[]']],
  ['parseSetting', (text) => parseSetting(`${text}=1`), ['a', '.', 'a.', '[', '[0]', '["', '"', '\\']],
  ['withValue', (text) => withValue(text, setting), ['[', '{"a":', '{"a":1,', '"', '\\', '[1,', ' ']],
  ['parseExactJson', parseExactJson, ['1', '12345678901234567 ', '-', '"', '[', '\\']],
  ['curlCommand', curl, ['a', '/.', '%', ' ', "'", '\n', '\u20ac', ';']],
  [
    'Masker of text',
    masked,
    [
      'token=',
      'token=[',
      '"<token>',
      'cookie=a;',
      'eyJ-',
      '://a:b@',
      '-----BEGIN PRIVATE KEY-----',
      'secret-value',
    ],
  ],
  ['Masker of JSON', maskedJson, ['[', '{"', '"{', '\\', '"', '{"token":']],
  ['Masker of JSON in a string', (text) => masked(JSON.stringify([`{"a":"${text}`])), ['\\', '"', 'token=']],
  ['diffJson', (text) => diffJson(text, `${text}y`), ['a', '[']],
  ['jsonMistake', jsonMistake, ['[', '{"a":', '"', '\\', '"\\', '1', '-', ' ', '\n', '[],', "'"]],
  ['comparison', (text) => compare(text, `y${text}`), ['a', '\n', '[', '"']],
  ['comparison of JSON', (text) => compare(`["${text}"]`, `["${text}y"]`), ['a', '","', ' ']],
  ['closest', (text) => closest(text, ['hello', 'orders']), ['h', '-', '_']],
  [
    'hclPlaces',
    (text) => hclPlaces(`a = ${text}`) ?? hclPlaces(text),
    ['"', '${', '"${', 'a', '[', '/*', '#', '# \n', 'a {\n', 'a = 1\n', '<<E\n', '<<E\nE\n', '{}', ' '],
  ],
];

test.each(table.flatMap(([name, read, characters]) => characters.map((worst) => ({ name, read, worst }))))(
  '$name of a megabyte of $worst',
  async ({ read, worst }) => {
    const text = `${worst.repeat(megabyte / worst.length)}x`;
    expect(await stepsOf(() => read(text))).toBeLessThan(mostStepsPerCharacter * text.length);
    // A beginning that fits, so that what follows is looked at.
    for (const before of ['host=', 'Server=a;', 'postgres://']) {
      if (read === readConnectionString)
        expect(await stepsOf(() => read(before + text))).toBeLessThan(mostStepsPerCharacter * text.length);
    }
  },
);

test('the count detects code that is not linear', async () => {
  // As many steps as the product of both lengths: why names are compared with a few candidates only.
  const steps = await stepsOf(() => closest('a'.repeat(4000), ['b'.repeat(4000)]));
  expect(steps).toBeGreaterThan(4000 * 4000);
});

test('a function of init costs the same among many resources, triggers and files', async () => {
  const text = (functions: number) => {
    const arn = (at: number) => `arn:aws:lambda:eu-west-1:123456789012:function:f${at}`;
    const of = (type: string, name: string, values: object) => ({
      address: `${type}.${name}`,
      mode: 'managed',
      type,
      name,
      values,
    });
    const resources = Array.from({ length: functions }, (_, at) => [
      of('aws_lambda_function', `f${at}`, {
        function_name: `f${at}`,
        arn: arn(at),
        handler: `m${at}.handler`,
        runtime: 'nodejs22.x',
        filename: `f${at}.zip`,
      }),
      ...Array.from({ length: 9 }, (_, other) => of('aws_sqs_queue', `q${at}-${other}`, {})),
      of('aws_lambda_event_source_mapping', `q${at}`, {
        event_source_arn: `arn:aws:sqs:eu-west-1:123456789012:q${at}`,
        function_name: arn(at),
      }),
      of('aws_api_gateway_resource', `r${at}`, { id: `r${at}`, path: `/r${at}` }),
      of('aws_api_gateway_integration', `r${at}`, {
        type: 'AWS_PROXY',
        uri: arn(at),
        resource_id: `r${at}`,
        http_method: 'GET',
      }),
      of('aws_cloudwatch_event_rule', `e${at}`, { name: `e${at}`, event_pattern: '{}' }),
      of('aws_cloudwatch_event_target', `e${at}`, { rule: `e${at}`, arn: arn(at) }),
      of('aws_lambda_permission', `p${at}`, { function_name: arn(at), principal: 'iot.amazonaws.com' }),
    ]).flat();
    return JSON.stringify({ format_version: '1.0', values: { root_module: { resources } } });
  };
  // Below a folder that no package names, so that each is sought by its name.
  const code = join(folder, 'init/code');
  mkdirSync(code, { recursive: true });
  for (let at = 0; at < 400; at++) writeFileSync(join(code, `m${at}.mjs`), 'export const handler = 1;');
  const steps = (functions: number) =>
    stepsOf(() => {
      const files = new SourceFiles(join(folder, 'init'), []);
      const found = terraformFunctions(terraformResources(text(functions), 'state.json'));
      for (const each of found.functions)
        expect(files.find(each)).toMatchObject({ file: `code/${each.handler.replace('.handler', '.mjs')}` });
    });
  expect(await steps(400)).toBeLessThan(6 * (await steps(100)));
});
