// What the page says at once: builds that fail, another livectl, a lost relay, tunnels and errors.
import { describe, expect, test } from 'vitest';
import type { ServeSnapshot } from '../src/api/serve-snapshot.ts';
import { banners } from '../src/banners/banner-model.ts';
import { deadLetterKey, noNews, withNews } from '../src/news/serve-news.ts';

const snapshot: ServeSnapshot = {
  version: 1,
  livectl: '0.1.0',
  run: 'r',
  stage: 'dev-tom',
  place: 'stage',
  root: '/p',
  recording: true,
  observing: false,
  max_workers: 4,
  functions: [],
  build: 'ok',
  relay: 'connected',
  since: '2026-01-01T00:00:00.000Z',
  counts: {},
};

const titles = (state: Partial<ServeSnapshot>, news = noNews) =>
  banners({ ...snapshot, ...state }, news).map((banner) => banner.title);

const newsOf = (...events: readonly (readonly [string, object])[]) =>
  events.reduce((news, [name, data]) => withNews(news, name, data), noNews);

describe('banners', () => {
  test('none while all is well, and before the state is known', () => {
    expect(titles({})).toEqual([]);
    expect(banners(undefined, noNews)).toEqual([]);
  });

  test('a failed build names its functions and lists its errors, a bounded number', () => {
    const errors = Array.from({ length: 30 }, (_, index) => ({
      function: ['orders', 'mail'][index % 2] ?? '',
      text: `error ${index}`,
      file: 'src/a.ts',
      line: 3,
      column: 4,
    }));
    const [banner] = banners({ ...snapshot, build: 'failed', build_errors: errors }, noNews);
    expect(banner).toMatchObject({ tone: 'bad', title: 'orders, mail do not build', more: 10 });
    expect(banner?.mistakes).toHaveLength(20);
    expect(titles({ build: 'failed', build_errors: [{ function: 'mail', text: 'x' }] })).toEqual([
      'mail does not build',
    ]);
    const shared = ['orders', 'mail'].map((name) => ({ function: name, text: 'x', file: 'a.ts', line: 1 }));
    expect(banners({ ...snapshot, build: 'failed', build_errors: shared }, noNews)[0]?.mistakes).toHaveLength(
      1,
    );
    const many = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ function: name, text: 'x' }));
    expect(titles({ build: 'failed', build_errors: many })).toEqual(['a, b, c and 2 more do not build']);
  });

  test('another livectl comes first, and a lost relay is not said beside it', () => {
    expect(titles({ relay: 'lost', displaced: { by: 'ada on desk' }, build: 'failed' })).toEqual([
      'ada on desk serves stage dev-tom now',
      'The build failed',
    ]);
    expect(titles({ displaced: {} })).toEqual(['Somebody else serves stage dev-tom now']);
    expect(titles({ relay: 'lost' })).toEqual(['The connection to the relay is lost']);
  });

  test('a stop, with what it waits for', () => {
    const stopping = newsOf(['stopping', { waiting_for: 2 }]);
    expect(banners(snapshot, stopping)).toMatchObject([
      { title: 'livectl is stopping', text: 'It finishes 2 invocations first.' },
    ]);
    expect(titles({ relay: 'lost' }, withNews(stopping, 'stopped', {}))).toEqual(['livectl has stopped']);
  });

  test('a tunnel that failed, until it runs again', () => {
    const failed = newsOf(['tunnel', { name: 'db', state: 'failed', reason: 'no route' }]);
    expect(banners(snapshot, failed)).toMatchObject([{ title: 'Tunnel db failed', text: 'no route' }]);
    expect(titles({}, withNews(failed, 'tunnel', { name: 'db', state: 'running' }))).toEqual([]);
  });

  test('the newest errors, each of which can be dismissed', () => {
    const errors = ['a', 'b', 'c', 'd'].map((message) => ['error', { code: 'LD_X', message }] as const);
    expect(banners(snapshot, newsOf(...errors)).map(({ dismiss, title }) => [dismiss, title])).toEqual([
      [2, 'b (LD_X)'],
      [3, 'c (LD_X)'],
      [4, 'd (LD_X)'],
    ]);
  });
});

describe('withNews', () => {
  test('keeps retries by invocation, and dead letters by function and message, a bounded number', () => {
    const news = newsOf(
      ['retry', { id: 'i1', attempt: 2, attempts: 3, in_ms: 500, reason: 'it failed' }],
      [
        'dead_letter',
        { function: 'orders', ids: ['m1', 'm2'], attempts: 3, reason: 'it failed', queue: 'dlq' },
      ],
    );
    expect(news.retries.get('i1')).toEqual({ attempt: 2, attempts: 3, in_ms: 500, reason: 'it failed' });
    expect(news.deadLetters.get(deadLetterKey('orders', 'm2'))).toMatchObject({ attempts: 3, queue: 'dlq' });
    const ids = Array.from({ length: 3000 }, (_, index) => `m${index}`);
    const many = ids.reduce((all, id) => withNews(all, 'retry', { id }), noNews);
    expect(many.retries.size).toBe(1000);
    expect(many.retries.has('m2999')).toBe(true);
  });

  test('fields of another kind do no harm', () => {
    for (const data of [undefined, null, 'x', 1, [], { ids: 'no', attempt: {}, message: 3, name: [] }])
      for (const name of ['retry', 'dead_letter', 'tunnel', 'error', 'stopping', 'unknown'])
        expect(() => banners(snapshot, withNews(noNews, name, data))).not.toThrow();
  });
});
