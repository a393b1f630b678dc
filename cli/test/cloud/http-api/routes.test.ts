// Which route answers, by API Gateway's rules.
import { describe, expect, test } from 'vitest';
import type { CloudFunction } from '../../../src/cloud/cloud.ts';
import { callablePath, RouteTable } from '../../../src/cloud/http-api/routes.ts';

type HttpMethod = NonNullable<CloudFunction['triggers']['http']>['method'];

function deployed(name: string, path?: string, method: HttpMethod = 'ANY'): CloudFunction {
  const triggers = path === undefined ? {} : { http: { path, method } };
  return {
    name,
    handler: 'x.y',
    runtime: 'nodejs22.x',
    timeout: 3,
    memorySize: 128,
    environment: {},
    triggers,
  };
}

describe('the most specific route wins, in whatever order they are declared', () => {
  // AWS, "Routing API requests": the developer guide's own example, and more.
  const functions = [
    deployed('default', '$default'),
    deployed('everything', '/{proxy+}'),
    deployed('pets below', '/pets/{proxy+}', 'GET'),
    deployed('any pet', '/pets/dog/{id}'),
    deployed('pet', '/pets/dog/{id}', 'GET'),
    deployed('dog one', '/pets/dog/1', 'GET'),
    deployed('toys', '/pets/{kind}/toys', 'GET'),
  ];
  test.each<[string, string, string, Record<string, string>]>([
    ['GET', '/pets/dog/1', 'dog one', {}],
    ['GET', '/pets/dog/2', 'pet', { id: '2' }],
    ['POST', '/pets/dog/1', 'any pet', { id: '1' }],
    ['GET', '/pets/cat/1', 'pets below', { proxy: 'cat/1' }],
    ['GET', '/pets/cat/toys', 'toys', { kind: 'cat' }],
    ['GET', '/pets/dog/toys', 'pet', { id: 'toys' }],
    ['POST', '/pets/cat/1', 'everything', { proxy: 'pets/cat/1' }],
    ['POST', '/test/5', 'everything', { proxy: 'test/5' }],
    ['GET', '/', 'default', {}],
    ['GET', '/a%20b/%2F', 'everything', { proxy: 'a b//' }],
  ])('%s %s -> %s', (method, path, name, pathParameters) => {
    for (const table of [new RouteTable(functions), new RouteTable([...functions].reverse())]) {
      expect(table.match(method, path)).toMatchObject({ functionName: name, pathParameters });
    }
  });

  test('and its key says which', () => {
    const table = new RouteTable(functions);
    expect(table.match('POST', '/pets/dog/1')?.routeKey).toBe('ANY /pets/dog/{id}');
    expect(table.match('GET', '/')?.routeKey).toBe('$default');
  });
});

describe('mistakes', () => {
  test.each<[string, CloudFunction[], string]>([
    ['the same route twice', [deployed('a', '/x'), deployed('b', '/x', 'ANY')], 'a and b both answer ANY /x'],
    [
      'the same shape',
      [deployed('a', '/x/{id}', 'GET'), deployed('b', '/x/{name}', 'GET')],
      'a and b both answer GET /x/{id}',
    ],
    ['no leading slash', [deployed('a', 'x')], "a: 'x' is not a valid path of an HTTP API"],
    ['a brace left open', [deployed('a', '/x/{id')], "a: '/x/{id' is not a valid path"],
    ['a variable among text', [deployed('a', '/x/a{id}')], 'is not a valid path'],
    ['a greedy variable in the middle', [deployed('a', '/{proxy+}/x')], 'is not a valid path'],
  ])('%s', (_name, functions, words) => {
    expect(() => new RouteTable(functions)).toThrow(
      expect.objectContaining({ code: 'LD_CONFIG', message: expect.stringContaining(words) }),
    );
  });

  test('a function without its own route leaves its path to one that declares it', () => {
    const table = new RouteTable([deployed('a'), deployed('b', '/a')]);
    expect(table.match('GET', '/a')?.functionName).toBe('b');
    expect(table.match('GET', '/a/more')?.functionName).toBe('a');
  });

  test('other methods and other shapes do not clash', () => {
    const table = new RouteTable([
      deployed('read', '/x/{id}', 'GET'),
      deployed('write', '/x/{id}', 'PUT'),
      deployed('rest', '/x/{id}'),
      deployed('deep', '/x/{id}/y'),
    ]);
    const names = ['GET', 'PUT', 'POST'].map((method) => table.match(method, '/x/1')?.functionName);
    expect(names).toEqual(['read', 'write', 'rest']);
  });
});

test('a function can be called at a path without braces', () => {
  const paths = [
    deployed('a'),
    deployed('a', '/users/{id}'),
    deployed('a', '/files/{path+}'),
    deployed('a', '$default'),
  ];
  expect(paths.map(callablePath)).toEqual(['/a', '/users/id', '/files/path', '/']);
});
