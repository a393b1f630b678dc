// Random users and passwords in every form of connection string: none of them is ever shown, looked up or tried.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findEndpoints } from '../../src/vpn/find-endpoints.ts';

type Form = (user: string, password: string) => Record<string, string>;

const schemes = [
  'postgres',
  'mysql',
  'redis',
  'rediss',
  'amqp',
  'amqps',
  'mongodb',
  'mongodb+srv',
  'https',
  'nats',
];

/** As people write them, the password as it is: what should have been percent-encoded is not. */
const raw: Record<string, Form> = {
  ...Object.fromEntries(
    schemes.map((scheme): [string, Form] => [
      scheme,
      (user, password) => ({ U: `${scheme}://${user}:${password}@db.internal:7777/orders` }),
    ]),
  ),
  'password alone': (_, password) => ({ U: `redis://:${password}@db.internal:7777/0` }),
  'in the query': (user, password) => ({
    U: `jdbc:postgresql://db.internal:7777/orders?user=${user}&password=${password}`,
  }),
  'jdbc mysql': (user, password) => ({ U: `jdbc:mysql:aws://${user}:${password}@db.internal:7777/orders` }),
  'jdbc sqlserver': (user, password) => ({
    U: `jdbc:sqlserver://db.internal:7777;user=${user};password=${password}`,
  }),
  'jdbc oracle': (user, password) => ({ U: `jdbc:oracle:thin:${user}/${password}@db.internal:7777:orders` }),
  'oracle, another driver': (user, password) => ({
    U: `jdbc:oracle:oci:${user}/${password}@db.internal:7777:orders`,
  }),
  EZConnect: (user, password) => ({ U: `${user}/${password}@db.internal:7777/orders` }),
  'several hosts': (user, password) => ({
    U: `mongodb://${user}:${password}@db.internal:7777,two.internal/orders?authSource=admin`,
  }),
  'several URLs': (user, password) => ({
    U: `amqp://${user}:${password}@db.internal:7777,amqp://${user}:${password}@two.internal:7777`,
  }),
  libpq: (user, password) => ({ U: `host=db.internal port=7777 user=${user} password=${password}` }),
  'libpq, password first': (user, password) => ({
    U: `password=${password} user=${user} host=db.internal port=7777`,
  }),
  'ADO.NET': (user, password) => ({ U: `Server=tcp:db.internal,7777;User Id=${user};Password=${password};` }),
  'ADO.NET, password first': (user, password) => ({
    U: `Password=${password};User Id=${user};Server=tcp:db.internal,7777`,
  }),
  go: (user, password) => ({ U: `${user}:${password}@tcp(db.internal:7777)/orders?parseTime=true` }),
  'StackExchange.Redis': (user, password) => ({
    U: `db.internal:7777,user=${user},password=${password},ssl=True`,
  }),
  'JSON of Secrets Manager': (username, password) => ({
    U: JSON.stringify({ username, password, engine: 'postgres', host: 'db.internal', port: 7777 }),
  }),
  'beside the host': (user, password) => ({
    DB_HOST: 'db.internal',
    DB_PORT: '7777',
    DB_USER: user,
    DB_PASSWORD: password,
    API_KEY: password,
    AUTH_TOKEN: password,
    CLIENT_SECRET: password,
  }),
};

/** As the forms' own rules have it. */
const encoded: Record<string, Form> = {
  ...Object.fromEntries(
    schemes.map((scheme): [string, Form] => [
      scheme,
      (user, password) => ({
        U: `${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@db.internal:7777/orders`,
      }),
    ]),
  ),
  'in the query': (user, password) => ({
    U: `jdbc:postgresql://db.internal:7777/orders?${new URLSearchParams({ user, password })}`,
  }),
  libpq: (user, password) => ({
    U: `password='${password.replace(/[\\']/g, '\\$&')}' user='${user.replace(/[\\']/g, '\\$&')}' host=db.internal port=7777`,
  }),
  'ADO.NET': (user, password) => ({
    U: `Password="${password.replaceAll('"', '""')}";User Id="${user.replaceAll('"', '""')}";Server=tcp:db.internal,7777`,
  }),
  'JSON of Secrets Manager': raw['JSON of Secrets Manager'] as Form,
  'beside the host': raw['beside the host'] as Form,
};

/** Longer than any chance agreement, and made of what forms are told apart by, and of hosts and ports. */
const piece = fc.oneof(
  fc.constantFrom(
    '@',
    '/',
    '?',
    '#',
    ':',
    ';',
    ',',
    '=',
    '&',
    '%',
    ' ',
    '\\',
    '"',
    "'",
    '(',
    ')',
    '.',
    '[',
    ']',
  ),
  fc.constantFrom(
    '://',
    ':5432',
    '10.9.8.7',
    'x.internal',
    'host=',
    'Server=',
    ';Server=x.internal',
    ' host=',
    '@tcp(',
  ),
  fc.stringMatching(/^[a-zA-Z0-9]{1,6}$/),
);
const secret = fc
  .array(piece, { minLength: 1, maxLength: 8 })
  .map((parts) => `s3c${parts.join('')}ret`)
  .filter((text) => !text.includes('\n'));

/** Pieces of a secret that may not be told: also a host or a port that was cut out of it. */
function told(environment: Record<string, string>): string[] {
  return findEndpoints(environment).endpoints.flatMap(({ host, ports, variable }) => [
    variable.replace(/^(U\.|DB_)/, ''),
    `${host}:${ports.join('|')}`,
  ]);
}

const allowed = ['U', 'host', 'HOST', 'db.internal:7777', 'two.internal:7777', 'two.internal:27017'];

describe.each([
  ['as it is', raw],
  ['encoded', encoded],
])('a password %s', (_kind, forms) => {
  it.each(Object.keys(forms))('in %s', (name) => {
    const form = forms[name] as Form;
    fc.assert(
      fc.property(secret, secret, (user, password) => {
        for (const text of told(form(user, password))) expect(allowed).toContain(text);
      }),
      { numRuns: 500 },
    );
  });
});

it.each(Object.keys(encoded))('finds the host nevertheless: %s', (name) => {
  fc.assert(
    fc.property(secret, secret, (user, password) => {
      expect(told((encoded[name] as Form)(user, password))).toContain('db.internal:7777');
    }),
    { numRuns: 200 },
  );
});
