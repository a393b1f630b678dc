// What a worker sees of this machine, of the stub's environment, and of neither.
import { describe, expect, it } from 'vitest';
import { sandboxNames } from '../../../protocol/test/sandbox-names.ts';
import type { FunctionCode } from '../../src/worker/contract.ts';
import {
  functionEnvironment,
  machineEnvironment,
  sameVariables,
  startupVariables,
} from '../../src/worker/process/environment.ts';

const code: FunctionCode = {
  functionName: 'hello',
  build: 1,
  runner: { kind: 'node', moduleFile: '/project/src/hello.mjs', exportPath: 'handler' },
  taskRoot: '/project',
  handler: 'src/hello.handler',
  runtime: 'nodejs22.x',
};

describe("the machine's part", () => {
  it('is what a program needs, and nothing of the developer', () => {
    const own = {
      PATH: '/usr/bin',
      HOME: '/home/tom',
      LANG: 'de_DE.UTF-8',
      LC_ALL: 'de_DE.UTF-8',
      AWS_PROFILE: 'production',
      AWS_ACCESS_KEY_ID: 'of-the-developer',
      AWS_CONFIG_FILE: '/home/tom/.aws/config',
      NODE_OPTIONS: '--inspect',
      GITHUB_TOKEN: 'secret',
      npm_config_registry: 'x',
    };
    expect(machineEnvironment(own)).toEqual({ PATH: '/usr/bin', HOME: '/home/tom' });
  });
});

describe("the function's part", () => {
  it("is its own variables and credentials, and Lambda's", () => {
    const sent = {
      GREETING: 'hi',
      AWS_ACCESS_KEY_ID: 'of-the-role',
      AWS_REGION: 'eu-central-1',
      TZ: 'Europe/Berlin',
    };
    expect(functionEnvironment(code, sent)).toMatchObject({
      ...sent,
      AWS_LAMBDA_FUNCTION_NAME: 'hello',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
      LAMBDA_TASK_ROOT: '/project',
      _HANDLER: 'src/hello.handler',
    });
    expect(functionEnvironment(code, {}).TZ).toBe(':UTC');
  });

  it('arrives whole, names that this machine has variables of as well', () => {
    const own = {
      TZ: 'Europe/Berlin',
      HOME: '/tmp/home',
      LANG: 'de_DE.UTF-8',
      LC_ALL: 'C',
      TMPDIR: '/tmp/own',
      USER: 'function',
      SHELL: '/bin/function',
      TERM: 'vt100',
    };
    expect(functionEnvironment(code, own)).toMatchObject(own);
    expect(functionEnvironment(code, {})).toMatchObject({ TZ: ':UTC', LANG: 'en_US.UTF-8' });
  });

  it('has its lists of places before those of this machine, without those of Lambda alone', () => {
    const own = {
      PATH: '/var/task/bin:/opt/not-here/bin:/var/lang/bin:/usr/games',
      PYTHONPATH: '/var/task/vendored:/var/taskless',
      LD_PRELOAD: '/opt/not-here/lib.so /usr/lib/other.so',
      NODE_PATH: '',
    };
    expect(functionEnvironment(code, own, {}, '/usr/bin')).toMatchObject({
      PATH: '/project/bin:/usr/games:/usr/bin',
      PYTHONPATH: '/project/vendored:/var/taskless',
      LD_PRELOAD: '/usr/lib/other.so',
      NODE_PATH: '',
    });
    const layered = functionEnvironment({ ...code, layers: ['/layer'] }, own, {}, '/usr/bin');
    expect(layered).toMatchObject({
      PATH: '/layer/bin:/project/bin:/usr/games:/usr/bin',
      NODE_PATH: '/layer/nodejs/node22/node_modules:/layer/nodejs/node_modules',
    });
  });

  it("leaves out what belongs to Lambda's sandbox or to the stub", () => {
    const kept = functionEnvironment(code, {
      ...Object.fromEntries(sandboxNames.map((name) => [name, 'of the sandbox'])),
      LIVE_DEBUG_STAGE: 'dev',
      LIVECTL_RUNTIME_TOKEN: 'forged',
    });
    expect(kept).toEqual(functionEnvironment(code, {}));
    expect(Object.keys(kept)).not.toContain('PATH');
  });

  it("finds no other credentials than the role's, unless the function names them", () => {
    const nothing = functionEnvironment(code, {});
    expect(nothing).toMatchObject({ AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/dev/null' });
    expect(nothing.AWS_SHARED_CREDENTIALS_FILE).toBe('/dev/null');
    const own = { AWS_CONFIG_FILE: '/var/task/aws-config' };
    expect(functionEnvironment(code, own)).toMatchObject(own);
  });
});

it('knows the variables that only count when a process starts', () => {
  expect(
    startupVariables({
      NODE_OPTIONS: '--inspect',
      TZ: ':UTC',
      UV_THREADPOOL_SIZE: '8',
      GREETING: 'hi',
      TZDATA: 'x',
      LAMBDA_TASK_ROOT: '/project',
      HOME: '/tmp',
      LC_ALL: 'C',
    }),
  ).toEqual({
    HOME: '/tmp',
    LC_ALL: 'C',
    NODE_OPTIONS: '--inspect',
    TZ: ':UTC',
    UV_THREADPOOL_SIZE: '8',
    LAMBDA_TASK_ROOT: '/project',
  });
  expect(startupVariables({ TZ: ':UTC', LAMBDA_TASK_ROOT: '/project' })).toEqual({ TZ: ':UTC' });
});

it.each([
  ['nodejs18.x', '--no-experimental-require-module --no-experimental-detect-module'],
  ['nodejs20.x', '--no-experimental-require-module'],
  ['nodejs22.x', '--no-experimental-require-module --no-experimental-detect-module'],
  ['nodejs24.x', ''],
  ['python3.13', ''],
])('starts Node without the features that %s has switched off', (runtime, options) => {
  const variables = { AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}` };
  expect(startupVariables(variables)).toEqual(options ? { NODE_OPTIONS: options } : {});
  expect(startupVariables({ ...variables, NODE_OPTIONS: '--inspect' }).NODE_OPTIONS).toBe(
    `${options} --inspect`.trimStart(),
  );
});

it('compares variables without regard to their order', () => {
  expect(sameVariables({ a: '1', b: '2' }, { b: '2', a: '1' })).toBe(true);
  expect(sameVariables({ a: '1' }, { a: '2' })).toBe(false);
  expect(sameVariables({ a: '1' }, { b: '1' })).toBe(false);
  expect(sameVariables({ a: '1' }, { a: '1', b: '2' })).toBe(false);
});
