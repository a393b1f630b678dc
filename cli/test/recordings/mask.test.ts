// What is masked before an invocation is written, and that everything else stays byte for byte.
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { environmentSecrets } from '../../src/recordings/mask/environment-secrets.ts';
import { type Masked, Masker } from '../../src/recordings/mask/masker.ts';
import { parseRedactPath } from '../../src/recordings/mask/redact-paths.ts';
import { isSecretName } from '../../src/recordings/mask/secret-names.ts';

// Put together here, so that no scanner of secrets takes them for real ones.
const jwt = ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0', 'dozjgNryP4J3jVmNHl0w5N'].join('.');
const accessKey = `AKIA${'IOSFODNN7EXAMPLE'}`;
const github = `ghp_${'a1B2'.repeat(9)}`;
const stripe = `sk_live_${'4eC39HqLyjWDarjtT1zdp7dc'}`;
const slack = `xoxb-${'123456789012-abcdefABCDEF'}`;
const pem = `-----BEGIN RSA PRIVATE KEY-----\nMIIEow${'A1b2'.repeat(20)}\nx9==\n-----END RSA PRIVATE KEY-----`;

function run<T>(work: Generator<void, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

function masking(text: string, redact: readonly string[] = [], secrets: readonly string[] = []): Masked {
  return run(new Masker(redact.map(parseRedactPath), secrets).document(Buffer.from(text)));
}

function maskedText(text: string, redact: readonly string[] = [], secrets: readonly string[] = []): string {
  return Buffer.from(masking(text, redact, secrets).bytes).toString();
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const json = JSON.stringify;

describe('masked', () => {
  const cases: readonly (readonly [what: string, text: string, expected: string])[] = [
    ['a password', '{ "user": "ada", "password" : "hunter2" }', '{ "user": "ada", "password" : "[masked]" }'],
    ['a number', '{"cvv":123,"n":1}', '{"cvv":"[masked]","n":1}'],
    [
      'headers, whatever their case',
      json({ headers: { Authorization: 'Bearer abc', 'X-Api-Key': 'k', accept: '*/*' } }),
      json({ headers: { Authorization: '[masked]', 'X-Api-Key': '[masked]', accept: '*/*' } }),
    ],
    [
      'headers with several values',
      json({ multiValueHeaders: { Authorization: ['Bearer a', 'b'], Accept: ['c'] } }),
      json({ multiValueHeaders: { Authorization: ['[masked]', '[masked]'], Accept: ['c'] } }),
    ],
    [
      'the values of cookies',
      json({ cookies: ['sid=abc', 'theme=dark'], headers: { cookie: 'a=1; b=2' } }),
      json({ cookies: ['sid=[masked]', 'theme=[masked]'], headers: { cookie: 'a=[masked]; b=[masked]' } }),
    ],
    [
      'a cookie that is set, without its attributes',
      json({ headers: { 'set-cookie': 'sid=abc; Path=/; HttpOnly; Max-Age=60' } }),
      json({ headers: { 'set-cookie': 'sid=[masked]; Path=/; HttpOnly; Max-Age=60' } }),
    ],
    [
      'query strings',
      json({
        rawQueryString: 'a=1&access_token=x%2Fy&b=2',
        queryStringParameters: { a: '1', access_token: 'x/y' },
      }),
      json({
        rawQueryString: 'a=1&access_token=[masked]&b=2',
        queryStringParameters: { a: '1', access_token: '[masked]' },
      }),
    ],
    [
      'a presigned URL',
      json({
        url: 'https://s3.amazonaws.com/b/k?X-Amz-Credential=A%2F2&X-Amz-Expires=60&X-Amz-Signature=ab12',
      }),
      json({
        url: 'https://s3.amazonaws.com/b/k?X-Amz-Credential=[masked]&X-Amz-Expires=60&X-Amz-Signature=[masked]',
      }),
    ],
    [
      'everything under such a name',
      '{"credentials":{"a":["x",{"b":"y","n":1.50}],"ok":true},"after":"z"}',
      '{"credentials":{"a":["[masked]",{"b":"[masked]","n":"[masked]"}],"ok":true},"after":"z"}',
    ],
    ['JSON in a string', json({ body: '{"password": "x\\"y"}' }), json({ body: '{"password": "[masked]"}' })],
    [
      'SNS in SQS',
      json({ Records: [{ body: json({ Message: json({ order: 1, card: { secret: 'x' } }) }) }] }),
      json({ Records: [{ body: json({ Message: json({ order: 1, card: { secret: '[masked]' } }) }) }] }),
    ],
    [
      'a number in JSON in a string',
      json({ body: '{"password":12345}' }),
      json({ body: '{"password":"[masked]"}' }),
    ],
    [
      'a base64 body, whether it comes before its mark or after it',
      json([
        { body: base64('{"token":"t"}'), isBase64Encoded: true },
        { isBase64Encoded: true, body: base64('user=ada&password=x') },
      ]),
      json([
        { body: base64('{"token":"[masked]"}'), isBase64Encoded: true },
        { isBase64Encoded: true, body: base64('user=ada&password=[masked]') },
      ]),
    ],
    [
      'Kinesis data',
      json({ Records: [{ kinesis: { data: base64('{"api_key":"12345678"}') } }] }),
      json({ Records: [{ kinesis: { data: base64('{"api_key":"[masked]"}') } }] }),
    ],
    [
      'a form',
      json({ body: 'user=ada&password=a%26b&next=%2F' }),
      json({ body: 'user=ada&password=[masked]&next=%2F' }),
    ],
    [
      'a part of a form',
      json({
        body: '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\nhunter2\r\n--b\r\nname="n"\r\n\r\n1',
      }),
      json({
        body: '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n[masked]\r\n--b\r\nname="n"\r\n\r\n1',
      }),
    ],
    [
      'XML',
      json({ body: '<l><user>a</user><password>x</password></l>' }),
      json({ body: '<l><user>a</user><password>[masked]</password></l>' }),
    ],
    [
      'pairs of name and value',
      json([
        { name: 'x-api-key', value: 'k' },
        { Value: 'v', Name: 'DB_PASSWORD' },
        { name: 'a', value: 'b' },
      ]),
      json([
        { name: 'x-api-key', value: '[masked]' },
        { Value: '[masked]', Name: 'DB_PASSWORD' },
        { name: 'a', value: 'b' },
      ]),
    ],
    [
      'message attributes, whose types stay',
      json({ messageAttributes: { token: { stringValue: 'x', dataType: 'String' } } }),
      json({ messageAttributes: { token: { stringValue: '[masked]', dataType: 'String' } } }),
    ],
    ['a JWT anywhere', json({ note: `see ${jwt}.` }), json({ note: 'see [masked]' })],
    ['an AWS key', json({ a: [`${accessKey}`] }), json({ a: ['[masked]'] })],
    [
      'tokens of services',
      json({ a: `${github} ${stripe} ${slack}` }),
      json({ a: '[masked] [masked] [masked]' }),
    ],
    ['a token after an escape', `{"a":"x\\n${github}"}`, '{"a":"x\\n[masked]"}'],
    [
      'a private key',
      json({ a: pem }),
      json({ a: '-----BEGIN RSA PRIVATE KEY-----[masked]-----END RSA PRIVATE KEY-----' }),
    ],
    [
      'the password in a URL',
      json({ db: 'postgres://app:s3cr3t@db:5432/x', r: 'redis://:pw@h' }),
      json({ db: 'postgres://app:[masked]@db:5432/x', r: 'redis://:[masked]@h' }),
    ],
    [
      'Basic and Bearer',
      json({ a: `Basic ${base64('ada:pw')}`, b: 'Bearer 0123456789abcdef', c: 'Basic knowledge' }),
      json({ a: 'Basic [masked]', b: 'Bearer [masked]', c: 'Basic knowledge' }),
    ],
    ['a key with escapes', '{"pass\\u0077ord":"x"}', '{"pass\\u0077ord":"[masked]"}'],
    ['JSON that is cut', '{"a":1,"password":"hunt', '{"a":1,"password":"[masked]'],
    ['what only begins like JSON', "{ password: 'x', user: 'a' }", "{ password: '[masked]', user: 'a' }"],
    [
      'lines of text',
      `token=abc password: "x y" retries=3\nAuthorization: Bearer a b\nok`,
      'token=[masked] password: "[masked]" retries=3\nAuthorization: [masked]\nok',
    ],
    ['a string alone', json(`Bearer ${jwt}`), '"Bearer [masked]"'],
  ];
  test.each(cases)('%s', (_, text, expected) => {
    expect(maskedText(text)).toBe(expected);
  });

  test('compressed data of CloudWatch Logs', () => {
    const packed = (text: string) => json({ awslogs: { data: gzipSync(text).toString('base64') } });
    const data = JSON.parse(maskedText(packed('{"message":"password=x"}'))).awslogs.data;
    expect(gunzipSync(Buffer.from(data, 'base64')).toString()).toBe('{"message":"password=[masked]"}');
  });

  test('what redact names, also in JSON within strings', () => {
    const event = json({
      detail: { card: { number: '4111', holder: 'A' } },
      Records: [{ body: '{"iban":"DE1"}' }],
    });
    const redact = ['$.detail.card.number', 'Records[*].body.iban'];
    expect(maskedText(event, redact)).toBe(
      json({
        detail: { card: { number: '[masked]', holder: 'A' } },
        Records: [{ body: '{"iban":"[masked]"}' }],
      }),
    );
    expect(maskedText('{"a":{"b":[1,{"c":"d"}]}}', ['a.*'])).toBe(
      '{"a":{"b":["[masked]",{"c":"[masked]"}]}}',
    );
  });

  test('the values of secret variables, wherever a program writes them', () => {
    const variables = {
      AWS_ACCESS_KEY_ID: 'ASIAQ1234567890ABCDE',
      AWS_SECRET_ACCESS_KEY: 'wJalr/XUtnFEMI+K7MDENG"x',
      AWS_SESSION_TOKEN: 'FwoGsession+token==',
      AWS_REGION: 'eu-west-1',
      DATABASE_URL: 'mysql://app:pa55word!@db/x',
      DB_PASSWORD: 'correct horse',
      SIGNING_PEM: pem,
      GREETING: 'hello there, everybody',
      PIN_SECRET: '1234',
    };
    const secrets = environmentSecrets(variables);
    expect(secrets).not.toContain('1234');
    const masker = new Masker([], secrets);
    const line = masker.text(`${Object.values(variables).join(' | ')} ${json(variables)}`);
    for (const value of [...Object.values(variables).slice(0, 3), 'pa55word!', 'correct horse', 'A1b2A1b2'])
      expect(line).not.toContain(value);
    expect(line).not.toContain('K7MDENG');
    expect(line).toContain('hello there, everybody');
    expect(line).toContain('eu-west-1');
  });

  test('a secret of the event where the code logs or returns it', () => {
    const masker = new Masker([]);
    run(masker.document(Buffer.from(json({ headers: { 'x-api-key': 'k-19283746' } }))));
    expect(masker.text('called with k-19283746')).toBe('called with [masked]');
    const result = run(masker.document(Buffer.from('{"echo":"k-19283746"}')));
    expect(Buffer.from(result.bytes).toString()).toBe('{"echo":"[masked]"}');
  });

  test('with JSON pointers to the values', () => {
    expect(masking('{"a/b":{"password":"x"},"list":[1,{"body":"{\\"token\\":1}"}]}').pointers).toEqual([
      '/a~1b/password',
      '/list/1/body',
    ]);
  });
});

describe('not masked', () => {
  test.each([
    ['numbers beyond doubles, white space, order', '{ "b" : 12345678901234567890.10 ,\n\t"a":[ 1e400 ] }'],
    [
      'counts and places',
      '{"prompt_tokens":10,"NextToken":"abc123456","tokenType":"bearer","secretArn":"arn:x"}',
    ],
    ['words', '{"a":"Unexpected token: comma","b":"Basic usage of the token","path":"/login"}'],
    ['nothing to hide', '{"password":"","token":null,"secret":true}'],
    [
      'a picture',
      `{"body":"${Buffer.from([0x89, 0x50, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).toString('base64')}","isBase64Encoded":true}`,
    ],
    ['a hash and a version', json({ sha: '0123456789abcdef0123456789abcdef01234567', v: 'sk-x' })],
  ])('%s', (_, text) => {
    expect(maskedText(text)).toBe(text);
  });

  test('bytes that are not UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"a":"'),
      Buffer.from([0xff, 0xc3, 0x80]),
      Buffer.from('","token":"x"}'),
    ]);
    const { bytes: result } = run(new Masker([]).document(bytes));
    expect(Buffer.from(result)).toEqual(
      Buffer.concat([
        Buffer.from('{"a":"'),
        Buffer.from([0xff, 0xc3, 0x80]),
        Buffer.from('","token":"[masked]"}'),
      ]),
    );
  });

  test.each([
    'password',
    'dbPassword',
    'X-Api-Key',
    'client_secret',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_ACCESS_KEY_ID',
    'x-amz-security-token',
    'Proxy-Authorization',
    'set-cookie',
    'sessionId',
  ])('but %s is the name of a secret', (name) => expect(isSecretName(name)).toBe(true));
  test.each([
    'user',
    'key',
    'id',
    'tokens',
    'tokenizer',
    'secretName',
    'authorizationType',
    'nextToken',
    'authorizer',
    'author',
    'path',
    'compass',
    'PWD',
  ])('%s is not the name of a secret', (name) => expect(isSecretName(name)).toBe(false));
});

describe('properties', () => {
  const names = fc.constantFrom(
    'password',
    'Authorization',
    'api_key',
    'user',
    'a"b',
    'ä',
    'items',
    'body',
    'data',
  );
  const canary = 'c4n4ry-S3CR3T';
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(names, tie('value'), { maxKeys: 4 }),
      tie('value').map((inner) => json(inner)),
    ),
  }));

  test('valid JSON stays valid, and keeps all names and the number of values', () => {
    const shape = (each: unknown): unknown => {
      if (Array.isArray(each)) return each.map(shape);
      if (typeof each !== 'object' || each === null) return 0;
      return Object.entries(each).map(([name, inner]) => [name, shape(inner)]);
    };
    fc.assert(
      fc.property(value, (each) => {
        const text = json(each);
        expect(shape(JSON.parse(maskedText(text)))).toEqual(shape(each));
      }),
      { numRuns: 500 },
    );
  });

  test('a secret does not survive, however deep it is', () => {
    fc.assert(
      fc.property(value, fc.constantFrom('object', 'string', 'array', 'base64'), (each, way) => {
        const secret = { other: each, db_password: canary };
        const packed =
          way === 'object'
            ? { a: secret }
            : way === 'array'
              ? [each, [secret]]
              : way === 'string'
                ? { a: json(json(secret)), Message: json({ x: json(secret) }) }
                : { body: base64(json(secret)), isBase64Encoded: true };
        const result = maskedText(json(packed));
        expect(result).not.toContain(canary);
        if (way === 'base64') {
          expect(Buffer.from(JSON.parse(result).body, 'base64').toString()).not.toContain(canary);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('what names no secret and looks like none stays byte for byte', () => {
    const plain = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.stringMatching(/^[a-z \\"\n]{0,12}$/),
        fc.integer(),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom('user', 'items', 'body', 'data', 'n'), tie('value'), { maxKeys: 4 }),
        tie('value').map((inner) => json(inner, undefined, 1)),
      ),
    })).value;
    fc.assert(
      fc.property(plain, fc.integer({ min: 0, max: 3 }), (each, indent) => {
        const text = json(each, undefined, indent);
        expect(maskedText(text)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test('any text, cut anywhere, is masked without an error, and masking again changes nothing', () => {
    fc.assert(
      fc.property(value, fc.nat(400), (each, length) => {
        const once = maskedText(json({ password: 'hunter2', a: each }).slice(0, length));
        expect(maskedText(once)).toBe(once);
      }),
      { numRuns: 500 },
    );
  });
});
