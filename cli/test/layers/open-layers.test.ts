// Layers by ARN against a server that stands in for Lambda and S3: consent, what is asked of AWS, and every way it can fail.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { download } from '../../src/layers/download.ts';
import { LayerCache } from '../../src/layers/layer-cache.ts';
import { Unanswered } from '../../src/log/ask.ts';
import type { FunctionSettings } from '../../src/manifest/function-settings.ts';
import { layerNotices } from '../../src/serve/layer-notices.ts';
import { type LayersOptions, openLayers } from '../../src/serve/open-layers.ts';
import { functionSettings } from '../manifest/function-settings.ts';
import { developer, FakeLayersApi } from './fake-layers-api.ts';
import { layerZip } from './layer-zip.ts';

const shared = 'arn:aws:lambda:eu-west-1:123456789012:layer:shared:3';
const vendor = 'arn:aws:lambda:us-east-1:580247275435:layer:vendor:14';

let api: FakeLayersApi;
let place: string;
let cache: LayerCache;
let http: HttpClient;
const lines: string[] = [];

beforeEach(async () => {
  api = await FakeLayersApi.start();
  api.zips.set(shared, layerZip({ 'nodejs/node_modules/shared/index.js': 'module.exports = 1;' }));
  api.zips.set(vendor, layerZip({ 'python/vendor.py': 'x = 1' }));
  place = mkdtempSync(join(tmpdir(), 'layers-'));
  cache = new LayerCache(join(place, 'cache'));
  http = new HttpClient();
  lines.length = 0;
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', api.url);
  vi.stubEnv('XDG_STATE_HOME', join(place, 'state'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  http.close();
  await api.close();
  rmSync(place, { recursive: true, force: true });
});

const withLayers = (name: string, ...layers: string[]) => functionSettings({ name, layers });

function open(functions: readonly FunctionSettings[], changes: Partial<LayersOptions> = {}) {
  return openLayers({
    functions,
    root: '/project',
    choice: 'ask',
    own: new Set(),
    place: 'stage',
    ask: undefined,
    output: { columns: 80, colour: false, line: (text) => lines.push(text), errorLine: () => undefined },
    connect: async () => ({
      credentials: async () => developer,
      http,
      clock: systemClock,
      profile: 'dev',
      agentFor: () => undefined,
    }),
    cache,
    ...changes,
  });
}

const fetching = { choice: 'fetch' } as const;
const orders = withLayers('orders', shared);

describe('fetched layers', () => {
  it('are in the order of the function, private, and fetched once for all functions', async () => {
    const { functions, notices } = await open(
      [withLayers('a', vendor, shared), withLayers('b', shared)],
      fetching,
    );
    expect(notices).toEqual([]);
    const [ofVendor = '', ofShared = ''] = functions[0]?.layerDirs ?? [];
    expect(existsSync(join(ofVendor, 'python/vendor.py'))).toBe(true);
    expect(existsSync(join(ofShared, 'nodejs/node_modules/shared/index.js'))).toBe(true);
    expect(functions[1]?.layerDirs).toEqual([ofShared]);
    expect(statSync(join(place, 'cache')).mode & 0o777).toBe(0o700);
    // Each in its own Region, with a signature that the server has verified.
    expect(api.calls).toEqual([`us-east-1 ${vendor}`, 'download', `eu-west-1 ${shared}`, 'download']);
  });

  it('need no network the next time', async () => {
    await open([orders], fetching);
    await api.close();
    const { functions, notices } = await open([orders], {
      ...fetching,
      connect: () => expect.fail('asked AWS'),
    });
    expect(notices).toEqual([]);
    expect(functions[0]?.layerDirs).toHaveLength(1);
  });

  it('are one folder for two names of the same content, and for several livectls at once', async () => {
    const other = `${shared}1`;
    api.zips.set(other, api.zips.get(shared) ?? Buffer.alloc(0));
    await open([withLayers('a', other)], fetching);
    const before = api.calls.length;
    const opened = await Promise.all(
      Array.from({ length: 4 }, () => open([withLayers('a', shared, vendor)], fetching)),
    );
    for (const { functions, notices } of opened) {
      expect(notices).toEqual([]);
      expect(functions[0]?.layerDirs).toEqual(opened[0]?.functions[0]?.layerDirs);
    }
    expect(api.calls.slice(before)).not.toContain(`download of ${shared}`);
    const names = readdirSync(join(place, 'cache')).sort();
    expect(names.filter((name) => name.startsWith('arn-'))).toHaveLength(3);
    expect(names.filter((name) => !name.startsWith('arn-'))).toEqual(
      [shared, vendor]
        .map((arn) =>
          createHash('sha256')
            .update(api.zips.get(arn) ?? '')
            .digest('hex'),
        )
        .sort(),
    );
  });

  it('are fetched again if a part was removed, or if others could have written there', async () => {
    const { functions } = await open([orders], fetching);
    const [folder = ''] = functions[0]?.layerDirs ?? [];
    rmSync(folder, { recursive: true });
    expect((await open([orders], fetching)).notices).toEqual([]);
    expect(existsSync(join(folder, 'nodejs'))).toBe(true);
    expect(api.calls.filter((call) => call === 'download')).toHaveLength(2);

    chmodSync(join(place, 'cache'), 0o777);
    writeFileSync(join(folder, 'evil.js'), 'x');
    expect((await open([orders], fetching)).notices).toEqual([]);
    expect(api.calls.filter((call) => call === 'download')).toHaveLength(3);
    expect(readdirSync(folder)).toEqual(['nodejs']);
    expect(statSync(join(place, 'cache')).mode & 0o777).toBe(0o700);
  });

  it('are removed after 90 days without use, as is what a killed livectl left', async () => {
    await open([withLayers('a', vendor, shared)], fetching);
    const folder = join(place, 'cache');
    mkdirSync(join(folder, 'new-killed'));
    const old = new Date(Date.now() - 91 * 24 * 3_600_000);
    for (const name of readdirSync(folder)) utimesSync(join(folder, name), old, old);
    await open([withLayers('a', vendor)], fetching);
    const third = shared.replace(/3$/, '4');
    api.zips.set(third, layerZip({ other: 'x' }));
    await open([withLayers('a', third)], fetching);
    const names = readdirSync(folder);
    expect(names.filter((name) => name.startsWith('arn-'))).toHaveLength(2);
    expect(names).toHaveLength(4);
  });

  it('count only where no layer_dirs are given, and only as ARNs of versions', async () => {
    const bad = [
      'shared',
      'arn:aws:lambda:eu-west-1:123456789012:layer:shared',
      `${shared}/../x`,
      '\u001b[2J',
    ];
    const own = functionSettings({ name: 'own', layers: [shared], layerDirs: ['layers/shared'] });
    const { functions, notices } = await open([own, withLayers('orders', ...bad)], fetching);
    expect(api.calls).toEqual([]);
    expect(functions.map(({ layerDirs }) => layerDirs)).toEqual([['layers/shared'], []]);
    expect(notices).toHaveLength(4);
    expect(notices[1]).toBe(
      `orders runs without its layer ${JSON.stringify(bad[1])}, which is not the ARN of a layer version: it ends with :layer:NAME:VERSION`,
    );
  });
});

describe('consent', () => {
  const saysYes = async () => 'yes';

  it('nobody to ask: nothing is asked of AWS, and a notice names function, layer and what to do', async () => {
    const { functions, notices } = await open([orders, withLayers('bills', shared)]);
    expect(api.calls).toEqual([]);
    expect(functions[0]?.layerDirs).toEqual([]);
    expect(notices).toEqual([
      `orders, bills run without their layer ${shared}, which is not allowed on this machine yet: name it in "layers" of the function in livectl.json, answer yes when livectl serve asks in a terminal, or pass --fetch-layers`,
    ]);
  });

  it('what livectl.json names is fetched for a stage, and not locally, where it is used if it is there', async () => {
    const own = new Set([shared]);
    const local = { own, place: 'local' } as const;
    expect((await open([orders], local)).notices[0]).toContain('pass --fetch-layers to fetch it from AWS');
    expect(api.calls).toEqual([]);
    expect((await open([orders], { own })).notices).toEqual([]);
    const { functions, notices } = await open([orders], local);
    expect([notices, functions[0]?.layerDirs?.length]).toEqual([[], 1]);
  });

  it('a layer that is there for another folder is not used without a yes in this one', async () => {
    await open([orders], fetching);
    expect((await open([orders])).notices[0]).toContain('not allowed on this machine yet');
    const { functions } = await open([orders], { ask: saysYes });
    expect(functions[0]?.layerDirs).toHaveLength(1);
  });

  it('a question names ARN, account and size; yes is kept for the folder', async () => {
    const questions: string[] = [];
    const ask = async (question: string) => {
      questions.push(question);
      return 'yes';
    };
    await open([orders], { ask });
    const bytes = api.zips.get(shared)?.length ?? 0;
    expect(lines.join('\n')).toContain(`orders: ${shared} (account 123456789012, ${bytes} bytes)`);
    expect(questions).toHaveLength(1);
    rmSync(join(place, 'cache'), { recursive: true });
    const { functions } = await open([orders], { ask: () => expect.fail('asked again') });
    expect(functions[0]?.layerDirs).toHaveLength(1);
    expect((await open([orders], { root: '/elsewhere' })).notices).toHaveLength(1);
    const [file = ''] = readdirSync(join(place, 'state/livectl'));
    expect(statSync(join(place, 'state/livectl', file)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(place, 'state/livectl', file), 'utf8')).not.toContain('shared');
  });

  it('no is kept as well; no answer is not', async () => {
    const none = await open([orders], { ask: () => Promise.reject(new Unanswered()) });
    expect(none.notices[0]).toBe(`orders runs without its layer ${shared}, as you answered`);
    expect((await open([orders], { ask: async () => 'no' })).functions[0]?.layerDirs).toEqual([]);
    const { notices } = await open([orders], { ask: () => expect.fail('asked again') });
    expect(notices[0]).toContain('to which you answered no: pass --fetch-layers to use it');
    expect(api.calls).not.toContain('download');
    expect((await open([orders], fetching)).notices).toEqual([]);
  });

  it('locally nothing is sent before the answer', async () => {
    const ask = async () => {
      expect(api.calls).toEqual([]);
      return 'yes';
    };
    expect((await open([orders], { ask, own: new Set([shared]), place: 'local' })).notices).toEqual([]);
    expect(api.calls).toEqual([`eu-west-1 ${shared}`, 'download']);
  });

  it('--no-layers: nothing at all', async () => {
    const { functions, notices } = await open([orders], { choice: 'leave-out', ask: saysYes });
    expect([functions[0]?.layerDirs, notices, api.calls]).toEqual([undefined, [], []]);
  });
});

describe('a layer that cannot be had', () => {
  const without = async () => {
    const { functions, notices } = await open([orders], fetching);
    expect(functions[0]?.layerDirs).toEqual([]);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(
      /^orders runs without its layer arn:.*; or name a folder with its files in "layer_dirs"$/,
    );
    expect(notices[0]).not.toMatch(/secret-of|token-of|\/link\//);
    // Nothing of it stays.
    if (existsSync(join(place, 'cache'))) expect(readdirSync(join(place, 'cache'))).toEqual([]);
    return notices[0] ?? '';
  };
  const refused = (status: number, type: string, message: string) => {
    api.refusals.set(shared, { status, type, message });
    return without();
  };

  it('denied: the action and the ARN', async () => {
    const message = `User: arn:aws:sts::1:assumed-role/dev/tom is not authorized to perform: lambda:GetLayerVersion on resource: ${shared}`;
    const notice = await refused(403, 'AccessDeniedException', message);
    expect(notice).toContain(message);
    expect(notice).toContain(`allow lambda:GetLayerVersion on ${shared}`);
    expect(notice).toContain('its owner’s permission');
  });

  it('deleted', async () => {
    api.zips.delete(shared);
    expect(await without()).toContain('there is no such layer version in eu-west-1');
  });

  it('expired credentials, and a clock that is off', async () => {
    expect(await refused(403, 'ExpiredTokenException', 'The security token is expired')).toContain(
      'aws sso login --profile dev',
    );
    expect(
      await refused(403, 'InvalidSignatureException', 'Signature expired: 1 is now earlier than 2'),
    ).toContain('set the clock');
  });

  it('a link that has expired is asked for again, once', async () => {
    const expired = (_: unknown, response: import('node:http').ServerResponse) =>
      void response.writeHead(403).end('<Error/>');
    api.download = (count) => (count === 1 ? expired : undefined);
    expect((await open([orders], fetching)).notices).toEqual([]);
    expect(api.calls).toEqual([`eu-west-1 ${shared}`, 'download', `eu-west-1 ${shared}`, 'download']);
    rmSync(join(place, 'cache'), { recursive: true });
    api.download = () => expired;
    expect(await without()).toContain('does not accept the link of Lambda (403)');
  });

  const zipOfShared = () => api.zips.get(shared) ?? Buffer.alloc(0);
  const sends = (body: Buffer) => () => (_: unknown, response: import('node:http').ServerResponse) =>
    void response.end(body);

  it('other bytes of the same size are refused before anything is unpacked', async () => {
    const other = Buffer.from(zipOfShared());
    other[40] = (other[40] ?? 0) ^ 1;
    api.download = sends(other);
    expect(await without()).toContain('has another SHA-256 than Lambda names');
  });

  it('more bytes, or fewer', async () => {
    api.download = sends(Buffer.concat([zipOfShared(), Buffer.alloc(1)]));
    expect(await without()).toContain(`more than the ${zipOfShared().length} bytes that Lambda names`);
    api.download = sends(zipOfShared().subarray(1));
    expect(await without()).toContain(`only ${zipOfShared().length - 1} of ${zipOfShared().length} bytes`);
  });

  it('a cut connection, and a redirect', async () => {
    api.download = () => (_, response) => {
      response.writeHead(200, { 'content-length': zipOfShared().length });
      response.write(zipOfShared().subarray(0, 20), () => response.destroy());
    };
    expect(await without()).toMatch(/no complete answer \(.+\) from 127\.0\.0\.1/);
    api.download = () => (_, response) => void response.writeHead(302, { location: api.url }).end();
    expect(await without()).toContain('an answer with status 302');
  });

  it('a zip file that cannot be unpacked safely', async () => {
    api.zips.set(shared, layerZip({ 'good.js': 'x', '../evil.js': 'x' }));
    expect(await without()).toContain('its zip file cannot be unpacked: invalid relative path: ../evil.js');
  });

  it('a size beyond Lambda’s limit is not downloaded', async () => {
    api.describe = (content) => ({ ...content, CodeSize: 250 * 1024 * 1024 + 1 });
    expect(await without()).toContain('it has 262144001 bytes, more than Lambda takes');
    expect(api.calls).toEqual([`eu-west-1 ${shared}`]);
  });

  it('an answer that is none of Lambda’s, or no answer', async () => {
    api.describe = () => ({});
    expect(await without()).toContain('is not a layer version');
    await api.close();
    expect(await without()).toContain('no answer from 127.0.0.1');
  });

  it('only https, except to an emulator', async () => {
    const plain = { url: new URL('http://s3.amazonaws.com/x'), file: join(place, 'x'), size: 1, sha256: '' };
    const agentFor = () => undefined;
    const refusal = 'its link leads to http://s3.amazonaws.com, not to https';
    await expect(download({ ...plain, emulator: undefined, agentFor })).rejects.toThrow(refusal);
    await expect(download({ ...plain, emulator: api.url, agentFor })).rejects.toThrow(refusal);
    await expect(
      download({ ...plain, url: new URL('file:///etc/passwd'), emulator: api.url, agentFor }),
    ).rejects.toThrow('not to https');
  });

  it('a server that falls silent, and one that never ends', async () => {
    const request = {
      file: join(place, 'x'),
      size: 100,
      sha256: '',
      emulator: api.url,
      agentFor: () => undefined,
    };
    const url = new URL(`${api.url}/link/x`);
    api.download = () => (_, response) => void response.writeHead(200).write('x');
    const silent = download({ ...request, url, bounds: { silenceMs: 50, totalMs: 20_000 } });
    await expect(silent).rejects.toThrow(/silent for 0.05 s/);
    const endless = download({
      ...request,
      url,
      file: join(place, 'y'),
      bounds: { silenceMs: 20_000, totalMs: 50 },
    });
    await expect(endless).rejects.toThrow(/not complete within 0.05 s/);
  });
});

it('says what of a layer does not run here, each once', () => {
  const use = { arn: shared, region: 'eu-west-1', account: '1', label: 'shared:3', functions: ['a', 'b'] };
  const layer = {
    folder: '/x',
    bytes: 1,
    machines: ['arm64'],
    extensions: ['agent'],
    leftOut: ['bin/python'],
  };
  const on = (platform: string, arch: string) => layerNotices([[use, layer]], { platform, arch });
  expect(on('linux', 'arm64')).toEqual([
    'layer shared:3 of a, b has extensions, which are not started on this machine: agent',
    'layer shared:3 of a, b has links that lead out of it or nowhere, which are left out: bin/python',
  ]);
  const native =
    'layer shared:3 of a, b has programs or libraries for Linux on arm64, which do not run on this machine';
  expect(on('darwin', 'arm64')[0]).toContain(`${native} (macOS on arm64): code that loads them fails here`);
  expect(on('linux', 'x64')[0]).toContain(`${native} (Linux on x64)`);
});
