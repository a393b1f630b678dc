// The fake serve keeps to the inspector's API, so that what works on it works on serve.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { InvocationDetail, InvocationSummary } from '../../src/recordings/recording.ts';
import { FakeServe, type FakeServeOptions } from './fake-serve.ts';

let page: string;
let serve: FakeServe;
let cookie: string;

beforeEach(() => {
  page = mkdtempSync(join(tmpdir(), 'livectl-page-'));
  writeFileSync(join(page, 'index.html'), '<!doctype html>');
});

afterEach(async () => {
  await serve.close();
  rmSync(page, { recursive: true, force: true });
});

async function start(options: Partial<FakeServeOptions> = {}): Promise<void> {
  serve = await FakeServe.start({ page, rows: 300, ...options });
  const entered = await fetch(serve.url(), { redirect: 'manual' });
  cookie = String(entered.headers.get('set-cookie')).split(';', 1)[0] ?? '';
}

function get(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { cookie, ...init.headers };
  return fetch(`${serve.origin}${path}`, { ...init, headers, signal: AbortSignal.timeout(10_000) });
}

async function list(query: string): Promise<{ items: InvocationSummary[]; next?: string }> {
  return (await (await get(`/api/v1/invocations?${query}`)).json()) as Awaited<ReturnType<typeof list>>;
}

it('lets in only whoever has used the link, and that once', async () => {
  await start({ once: true });
  expect((await fetch(`${serve.origin}/`)).status).toBe(401);
  expect((await get('/')).status).toBe(200);
  expect((await fetch(serve.url())).status).toBe(403);
});

it('pages through all invocations, newest first, each once', async () => {
  await start();
  const keys: string[] = [];
  for (let next: string | undefined = ''; next !== undefined; ) {
    const part = await list(`limit=97${next && `&before=${next}`}`);
    keys.push(...part.items.map(({ key }) => key));
    next = part.next;
  }
  expect(keys.length).toBe(serve.history.rows.length);
  expect(keys).toEqual([...new Set(keys)].sort().reverse());
});

it('filters by function, status and text', async () => {
  await start();
  const failed = await list('function=invoices&status=error&limit=1000');
  expect(failed.items.length).toBeGreaterThan(0);
  for (const item of failed.items) expect(item).toMatchObject({ function: 'invoices', status: 'error' });
  expect((await list('text=OBJECT-THAT-IS-NOWHERE')).items).toEqual([]);
  expect((await list('text=sqs%20ORDERS')).items.length).toBeGreaterThan(0);
});

it('has retries of messages under the same ids, and details and bodies that agree with the rows', async () => {
  await start();
  const { items } = await list('function=invoices&limit=1000');
  const again = items.filter(({ attempt }) => attempt === 2);
  expect(again.length).toBeGreaterThan(0);
  for (const { source_ids } of again)
    expect(items.some((each) => each.attempt === 1 && String(each.source_ids) === String(source_ids))).toBe(
      true,
    );
  for (const item of (await list('limit=40')).items) {
    const detail = (await (await get(`/api/v1/invocations/${item.key}`)).json()) as InvocationDetail;
    expect(detail).toMatchObject({ key: item.key, trigger: item.trigger });
    expect(detail.lines.length).toBe(item.logs);
    const event = await (await get(`/api/v1/invocations/${item.key}/event`)).arrayBuffer();
    if (!item.event_cut) expect(event.byteLength).toBe(item.event_bytes);
  }
});

it('replays: the row begins, ends and is answered; what cannot be replayed is refused', async () => {
  await start();
  const replay = (body: object) =>
    get('/api/v1/replays', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const of = (await list('function=orders&limit=1')).items[0];
  const replayed = await replay({ of: of?.key, event: '{"n":1}' });
  expect(replayed.status).toBe(201);
  expect(await replayed.json()).toMatchObject({ replay_of: of?.key, edited: true, event_bytes: 7 });
  expect((await replay({ of: 'none' })).status).toBe(404);
  expect((await replay({ of: of?.key, event: '{' })).status).toBe(422);
  serve.state.drop('orders');
  expect((await replay({ of: of?.key })).status).toBe(409);
});

it('resumes a stream after what was read, else has it load anew', async () => {
  await start();
  serve.invoke();
  const read = async (headers: Record<string, string>, events: number) => {
    const response = await get('/api/v1/events', { headers });
    let text = '';
    const decoder = new TextDecoder();
    for await (const part of response.body ?? []) {
      text += decoder.decode(part as Uint8Array, { stream: true });
      if ((text.match(/^event: /gm) ?? []).length >= events) break;
    }
    return [...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name);
  };
  expect(await read({}, 1)).toEqual(['reset']);
  const sent = serve.streams.last;
  serve.invoke({ function: 'audit' });
  expect(await read({ 'last-event-id': String(sent) }, 2)).toContain('invocation');
});

it('generates the same for the same seed', async () => {
  const end = new Date('2026-11-27T09:00:00.000Z');
  await start({ end });
  const first = JSON.stringify(serve.history.rows.map(({ summary }) => summary));
  await serve.close();
  await start({ end });
  expect(JSON.stringify(serve.history.rows.map(({ summary }) => summary))).toBe(first);
});
