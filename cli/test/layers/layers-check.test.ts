// What `livectl doctor --stage` finds about layers, against a server that stands in for Lambda.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import type { Finding } from '../../src/doctor/check.ts';
import { layersCheck } from '../../src/doctor/layers-check.ts';
import type { StageParts } from '../../src/doctor/stage-parts.ts';
import { fetchLayer } from '../../src/layers/fetch-layer.ts';
import { LayerCache } from '../../src/layers/layer-cache.ts';
import { parseLayerArn } from '../../src/manifest/layer-arn.ts';
import { functionSettings } from '../manifest/function-settings.ts';
import { developer, FakeLayersApi } from './fake-layers-api.ts';
import { layerZip } from './layer-zip.ts';

const arnOf = (label: string) => `arn:aws:lambda:eu-west-1:123456789012:layer:${label}`;

let api: FakeLayersApi;
let place: string;
let http: HttpClient;

beforeEach(async () => {
  api = await FakeLayersApi.start();
  place = mkdtempSync(join(tmpdir(), 'layers-'));
  http = new HttpClient();
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', api.url);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  http.close();
  await api.close();
  rmSync(place, { recursive: true, force: true });
});

const credentials = async () => developer;

async function findings(layers: readonly string[], isObserveOnly = false): Promise<Finding[]> {
  const functions = [functionSettings({ name: 'orders', layers })];
  const parts = {
    manifest: async () => ({ functions, isObserveOnly }),
    stage: async () => ({ http, identity: { region: 'eu-west-1', credentials } }),
  } as unknown as StageParts;
  const found: Finding[] = [];
  const cache = new LayerCache(join(place, 'cache'));
  const { run } = layersCheck(parts, { profile: undefined, cache });
  await run((finding) => void found.push(finding), new AbortController().signal);
  return found.sort((one, other) => (one.check < other.check ? -1 : 1));
}

it('each layer is here, can be fetched, or cannot, and nothing is downloaded', async () => {
  for (const label of ['here:1', 'there:2']) api.zips.set(arnOf(label), layerZip({ label }));
  const message = 'User: tom is not authorized to perform: lambda:GetLayerVersion';
  api.refusals.set(arnOf('denied:3'), { status: 403, type: 'AccessDeniedException', message });
  const here = parseLayerArn(arnOf('here:1'));
  if (here === undefined) throw new Error('not an ARN');
  const connection = { credentials, http, clock: systemClock, profile: undefined, agentFor: () => undefined };
  await fetchLayer(here, undefined, new LayerCache(join(place, 'cache')), connection);
  api.calls.length = 0;

  const found = await findings([arnOf('here:1'), arnOf('there:2'), arnOf('denied:3'), 'gone']);
  expect(found).toEqual([
    expect.objectContaining({ check: 'layers', status: 'warn', message: expect.stringContaining('"gone"') }),
    {
      check: 'layers/denied:3',
      status: 'warn',
      message: `of orders: served without it, since it cannot be fetched: ${message}`,
      remedy: expect.stringContaining(`allow lambda:GetLayerVersion on ${arnOf('denied:3')}`),
    },
    { check: 'layers/here:1', status: 'pass', message: 'of orders: on this machine', remedy: null },
    {
      check: 'layers/there:2',
      status: 'pass',
      message: 'of orders: livectl serve can fetch it',
      remedy: null,
    },
  ]);
  expect(api.calls.sort()).toEqual([`eu-west-1 ${arnOf('denied:3')}`, `eu-west-1 ${arnOf('there:2')}`]);
});

it('nothing without layers, and for a stage that may only be observed', async () => {
  expect(await findings([])).toEqual([]);
  expect(await findings([arnOf('there:2')], true)).toEqual([]);
  expect(api.calls).toEqual([]);
});
