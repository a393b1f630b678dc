// Programs that don't start, or whose worker doesn't: what the invocation is told, and that the next one is not harmed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { builtRuntime, handlersFolder } from './built-runtime.ts';
import { PoolHarness } from './pool-harness.ts';

const runtime = builtRuntime();
const custom = {
  taskRoot: join(handlersFolder, 'bash-runtime'),
  handler: 'function.handler',
  runtime: 'provided.al2023',
};

describe('a program', () => {
  it.each([
    [
      'is not there',
      './nowhere --flag',
      "can't start './nowhere --flag': there is no file TASK_ROOT/nowhere (spawn ./nowhere ENOENT)",
    ],
    [
      'is not on the PATH',
      'no-such-program',
      'no-such-program is not on the PATH: install it, or name it with its folder',
    ],
    [
      'may not be executed',
      './plain.txt',
      'TASK_ROOT/plain.txt is not executable: chmod +x TASK_ROOT/plain.txt',
    ],
    ['is a folder', './.', 'TASK_ROOT is a folder'],
    ['has NUL in a word', 'sh \0', 'without null bytes'],
  ])('that %s is named in the error, with what to do', async (_, words, expected) => {
    const taskRoot = await mkdtemp(join(tmpdir(), 'program-'));
    onTestFinished(() => rm(taskRoot, { recursive: true }));
    await writeFile(join(taskRoot, 'plain.txt'), '');
    const harness = new PoolHarness(runtime.file);
    const command = words.split(' ') as [string, ...string[]];
    harness.use('none', { kind: 'command', command }, { ...custom, taskRoot });
    expect(await harness.answer('none')).toMatchObject({
      errorType: 'Runtime.InvalidEntrypoint',
      errorMessage: expect.stringContaining(expected.replaceAll('TASK_ROOT', taskRoot)),
    });
  });

  it.each([
    [
      'that is missing',
      '#!/no/such/interpreter\n',
      'names an interpreter that does not exist: /no/such/interpreter',
    ],
    ['and Windows’ line ends', '#!/bin/sh\r\n', 'has the line ends of Windows (CR LF): save it with LF'],
  ])('with an interpreter %s', async (_, text, expected) => {
    const folder = await mkdtemp(join(tmpdir(), 'bootstrap-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'bootstrap');
    await writeFile(file, text, { mode: 0o755 });
    const harness = new PoolHarness(runtime.file);
    harness.use('none', { kind: 'command', command: [file] }, custom);
    expect(await harness.answer('none')).toMatchObject({
      errorMessage: expect.stringContaining(`${file} ${expected}`),
    });
  });
});

/** Runs a program that reports a failed init phase, then goes on with `rest`. */
async function runFailedInit(rest: string) {
  const folder = await mkdtemp(join(tmpdir(), 'failed-init-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'runtime.mjs');
  await writeFile(
    file,
    `const url = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/init/error';
await fetch(url, { method: 'POST', body: '{"errorType":"Wrong","errorMessage":"no database"}' });
${rest}\n`,
  );
  const harness = new PoolHarness(runtime.file);
  harness.use('failed', { kind: 'command', command: [process.execPath, file] }, custom);
  const { outcome, logsDrained } = await harness.run('failed', {});
  expect(outcome).toMatchObject({ ok: false });
  await logsDrained;
  return harness;
}

it('a program whose init phase failed prints its last lines and exits by itself', async () => {
  // Exits late, as a runtime does that writes a long trace.
  const harness = await runFailedInit(
    "setTimeout(() => { console.error('the last line'); process.exitCode = 3; }, 300);",
  );
  expect(harness.messages()).toContain('the last line');
  const end = await harness.event(({ type }) => type === 'worker_ended');
  expect(end).toMatchObject({ reason: 'its init phase failed' });
});

it('one that stays after its init phase failed is ended', async () => {
  const harness = await runFailedInit('setInterval(() => {}, 1000);');
  await harness.event(({ type }) => type === 'worker_ended');
});

it('a function gets a worker as soon as the system has room for one', async () => {
  const full = Object.assign(new Error('listen EMFILE: too many open files'), { code: 'EMFILE' });
  const listen = vi.spyOn(Server.prototype, 'listen').mockImplementationOnce(function (this: Server) {
    process.nextTick(() => this.emit('error', full));
    return this;
  });
  onTestFinished(() => listen.mockRestore());
  const environment = { GREETING: 'hello' };
  const harness = new PoolHarness(runtime.file);
  harness.use('bash', { kind: 'command', command: ['./bootstrap'] }, custom);
  expect(await harness.answer('bash', {}, { environment })).toMatchObject({
    errorType: 'LiveDebugInternalError',
    errorMessage: 'No worker could be started: listen EMFILE: too many open files',
  });
  expect(await harness.answer('bash', {}, { environment })).toMatchObject({
    pid: expect.any(Number),
  });
});

it('a function whose init phase fails before anybody calls it gets another worker for its next invocation', async () => {
  const harness = new PoolHarness(runtime.file);
  const environment = { GREETING: 'hello' };
  harness.use('bash', { kind: 'command', command: ['./bootstrap'] }, custom);
  await harness.answer('bash', {}, { environment });
  // A reload starts a worker ahead of its invocation; this one reports its failure and stays.
  const fails = `curl -s -d '{"errorType":"Down","errorMessage":"no database yet"}' \
    "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/init/error"; exec sleep 1000`;
  harness.use('bash', { kind: 'command', command: ['bash', '-c', fails] }, custom);
  await harness.event((event) => event.type === 'worker_ended' && event.reason === 'its init phase failed');
  expect(await harness.answer('bash', {}, { environment })).toMatchObject({ errorType: 'Down' });
});
