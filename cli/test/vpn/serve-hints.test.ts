// Hints of `serve` about private resources, the built file as a process in its own network.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Livectl } from '../e2e/livectl-process.ts';
import { namespacesAllowed, TwoHosts } from './network-namespaces.ts';

const folder = mkdtempSync(join(tmpdir(), 'serve-hints-'));
const allowed = namespacesAllowed();

const handler = `import { connect } from 'node:net';
export const handler = ({ queryStringParameters }) => new Promise((resolve, reject) => {
  const [host, port] = queryStringParameters.place.split('|');
  connect({ host, port: Number(port) }).on('error', reject).on('connect', () => resolve('connected'));
});`;

describe.skipIf(!allowed)('serve', () => {
  let hosts: TwoHosts;
  let livectl: Livectl;
  let url = '';
  let port = 0;
  const notices = () => livectl.events.flatMap((event) => (event.event === 'notice' ? [event.message] : []));
  const call = (name: string, place: string) => {
    const target = `${url}/${name}?place=${encodeURIComponent(place)}`;
    const script = `fetch(${JSON.stringify(target)}).then((r) => r.text())`;
    const [program = '', ...args] = hosts.onNear([process.execPath, '-e', script]);
    return spawnSync(program, args, { timeout: 20_000 });
  };
  const notice = async (words: string) => {
    await livectl.until(() => notices().some((message) => message.includes(words)), `a notice of ${words}`);
    return notices().filter((message) => message.includes(words));
  };

  beforeAll(async () => {
    hosts = new TwoHosts('eth7');
    port = await hosts.listen();
    const common = { handler: 'app.handler', runtime: 'nodejs20.x', timeout: 2, triggers: { http: {} } };
    const vpc_config = { subnet_ids: ['subnet-1'], security_group_ids: ['sg-1'] };
    writeFileSync(join(folder, 'app.mjs'), handler);
    const functions = {
      good: { ...common, vpc_config, environment: { DB_URL: `postgres://u:s3cret@${hosts.name}:${port}/x` } },
      bad: {
        ...common,
        vpc_config,
        environment: { CACHE: `${hosts.silent}:6379`, OTHER: `${hosts.host}:1` },
      },
      plain: { ...common, environment: { DB: `${hosts.host}:1` } },
    };
    writeFileSync(join(folder, 'livectl.json'), JSON.stringify({ functions }));
    livectl = new Livectl(['serve', '--local', '--port', '0', '--format', 'json', '--root', folder], {
      on: (command) => hosts.onNear(command),
    });
    url = (await livectl.event('ready')).url ?? '';
  });
  afterAll(async () => {
    await livectl.stop();
    await hosts.remove();
    rmSync(folder, { recursive: true });
  });

  it('reports which functions are in a VPC and whether their endpoints answer', async () => {
    expect(await notice('good is in')).toEqual(['good is in a VPC; its endpoint answers from here']);
    expect(await notice('bad is in')).toEqual([
      `bad is in a VPC; not reached from here: ${hosts.silent}:6379 (timeout), ${hosts.host}:1 (refused); run livectl vpn --check --root ${folder} for details`,
    ]);
    // Nothing of it held `ready` up, and a function outside any VPC is not tried.
    expect(livectl.events[0]?.event).toBe('ready');
    expect(notices().join('\n')).not.toMatch(/plain is in|s3cret/);
  });

  it.each([
    ['a refused connection', 'plain', '10.77.0.2|1', '10.77.0.2:1', 'ECONNREFUSED'],
    ['a name that isn’t resolved', 'plain', 'nowhere.internal|5432', 'nowhere.internal', 'EAI_AGAIN'],
    [
      'a timeout, by the endpoint that was silent',
      'bad',
      '10.77.0.9|6379',
      '10.77.0.9:6379',
      'Task timed out',
    ],
  ])('gives one hint for %s', async (_kind, name, place, named, what) => {
    call(name, place);
    call(name, place);
    expect(await notice(`${name} could not reach ${named}`)).toEqual([
      `${name} could not reach ${named} (${what}); run livectl vpn --check --root ${folder} for details`,
    ]);
  });

  it('gives none for this machine’s own addresses', async () => {
    const before = notices().length;
    call('plain', '127.0.0.1|1');
    await livectl.event('result', ({ error }) => error?.message.includes('127.0.0.1:1') ?? false);
    expect(notices()).toHaveLength(before);
  });
});
