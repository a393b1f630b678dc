// examples/shared-stage, walked as its README says: a stage on this machine, two developers who serve what has their marks, and
// a caller without one; each order is answered by the right code at both functions.
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { GetQueueUrlCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, expect, test } from 'vitest';
import { blocksOf } from '../docs/command-blocks.ts';
import { type CloudProcess, startCloudProcess } from './cloud-process.ts';
import { copyOfExample, Livectl, repository, runLivectl } from './livectl-process.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The commands of the README that are this test's, in their order. */
const commands = blocksOf('examples/shared-stage/README.md')
  .filter(({ testedBy }) => testedBy === 'cli/test/e2e/shared-stage-example.test.ts')
  .flatMap(({ commands: ofBlock }) => ofBlock);

/** The words after `livectl` of the command that has all of `parts`. */
function livectlArgs(root: string, ...parts: string[]): string[] {
  const found = commands.filter((command) => parts.every((part) => command.includes(part)));
  expect(found, parts.join(' ')).toHaveLength(1);
  const [, ...args] = (found[0] ?? '').split(' ');
  return args.map((word) => (word.startsWith('checkouts/') ? join(root, word) : word));
}

/** What a `curl` of the README sends, sent to the stage: the order's id, and whose code took it. */
async function order(cloud: CloudProcess, mark?: string): Promise<{ order: string; takenBy: string }> {
  const marked = mark === undefined ? '' : `-H 'baggage: dev=${mark}' `;
  const json = `-H 'content-type: application/json' -d '{"item":"tea"}'`;
  expect(commands).toContain(`curl ${marked}${json} http://127.0.0.1:3000/orders`);
  const response = await fetch(cloud.urlOf('api'), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(mark === undefined ? {} : { baggage: `dev=${mark}` }),
    },
    body: '{"item":"tea"}',
    signal: AbortSignal.timeout(20_000),
  });
  expect(response.status).toBe(202);
  return (await response.json()) as { order: string; takenBy: string };
}

test('each order is answered by the code of the developer whose mark it has, else by the deployed code', async () => {
  const { remove, root } = copyOfExample('shared-stage');
  cleanups.push(remove);
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  const copies = commands.filter((command) => /^(mkdir|cp|echo) /.test(command));
  execFileSync('sh', ['-ec', copies.join('\n')], { cwd: root });
  expect(commands).toContain('livectl cloud');

  const cloud = await startCloudProcess(['--root', root], { cleanups });
  expect(new URL(cloud.urlOf('api')).pathname).toBe('/orders');
  const deployedTakesIt = async (mark?: string) => {
    const { order: id, takenBy } = await order(cloud, mark);
    expect(takenBy).toBe('deployed');
    const made = `tea for order ${id}: taken by deployed, made by deployed`;
    await cloud.livectl.event('deployed_log', ({ message }) => message.includes(made));
  };
  await deployedTakesIt();
  const nobodyAt = Date.now();

  const serve = async (name: string) => {
    const args = [...livectlArgs(root, 'livectl serve', `--root checkouts/${name}`), '--format', 'json'];
    const livectl = new Livectl(args, { env: cloud.environment });
    cleanups.push(() => livectl.dispose());
    await livectl.event('ready');
    return livectl;
  };
  const [tom, ada] = await Promise.all([serve('tom'), serve('ada')]);
  // What the wrappers read before, that nobody serves, is valid for a second.
  await expect.poll(() => Date.now() - nobodyAt, { timeout: 10_000 }).toBeGreaterThan(1000);
  const takesIt = async (livectl: Livectl, name: string) => {
    const { order: id, takenBy } = await order(cloud, name);
    expect(takenBy).toBe(name);
    const made = `tea for order ${id}: taken by ${name}, made by ${name}`;
    await livectl.event('log', ({ message }) => message === made);
  };
  await takesIt(tom, 'tom');
  await takesIt(ada, 'ada');
  await deployedTakesIt();
  for (const command of commands.filter((each) => each.startsWith('livectl trigger'))) {
    // Quotes, which are for a shell, stand around the last word.
    const words = command
      .split(' ')
      .slice(1)
      .map((word) => word.replaceAll("'", ''));
    const { code, stderr } = await runLivectl([...words, '--no-wait'], { env: cloud.environment });
    expect([code, stderr]).toEqual([0, '']);
  }
  await ada.event('log', ({ message }) => /^cake for .*: taken by ada, made by ada$/.test(message));
  await tom.event('log', ({ message }) => /^cake for .*: taken by nobody, made by tom$/.test(message));
  // Orders that are there at once come in batches, of which each gets their own.
  const { AWS_ENDPOINT_URL: endpoint = '', AWS_REGION: region = '' } = cloud.environment;
  const credentials = {
    accessKeyId: cloud.environment.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: cloud.environment.AWS_SECRET_ACCESS_KEY ?? '',
    sessionToken: cloud.environment.AWS_SESSION_TOKEN ?? '',
  };
  const sqs = new SQSClient({ endpoint, region, credentials });
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'live-debug-dev-orders' }));
  const marks = ['tom', 'ada', undefined];
  const Entries = Array.from({ length: 9 }, (_, index) => {
    const mark = marks[index % 3];
    const baggage = { DataType: 'String', StringValue: `dev=${mark}` };
    return {
      Id: `${index}`,
      MessageBody: JSON.stringify({ item: `pie ${index}`, takenBy: 'a batch' }),
      ...(mark === undefined ? {} : { MessageAttributes: { baggage } }),
    };
  });
  expect((await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))).Failed).toBeUndefined();
  sqs.destroy();
  const pie = (index: number, name: string) => (each: { message: string }) =>
    new RegExp(`pie ${index} for .*: taken by a batch, made by ${name}$`, 'm').test(each.message);
  for (const [index] of Entries.entries()) {
    if (index % 3 === 0) await tom.event('log', pie(index, 'tom'));
    else if (index % 3 === 1) await ada.event('log', pie(index, 'ada'));
    else await cloud.livectl.event('deployed_log', pie(index, 'deployed'));
  }
  expect(await tom.stop()).toBe(0);
  await deployedTakesIt('tom');
  await takesIt(ada, 'ada');
  for (const { events } of [tom, ada]) expect(events.filter(({ event }) => event === 'error')).toEqual([]);
  expect(await ada.stop()).toBe(0);
  expect(await cloud.livectl.stop()).toBe(0);
});
