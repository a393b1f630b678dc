// Whether a relay passes on all of ASCII is tested on it; anything but the same text means no.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HttpClient } from '../../../protocol/http-client.ts';
import { testCredentials } from '../../../protocol/test/directory-table.ts';
import { FakeRelay, type RelayPost } from '../../../protocol/test/fake-relay.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { carriesAscii } from '../../src/relay/relay-check.ts';

let relay: FakeRelay;
let http: HttpClient;
let clock: ManualClock;

beforeEach(async () => {
  relay = await new FakeRelay().start();
  http = new HttpClient();
  clock = new ManualClock();
});
afterEach(async () => {
  http.close();
  await relay.close();
});

const check = () =>
  carriesAscii({
    url: relay.url(),
    region: 'eu-west-1',
    credentials: () => testCredentials,
    http,
    clock,
    agent: undefined,
  });

/** The relay delivers something else than it was sent. */
const delivering = (change: (text: string) => string) => (post: RelayPost) => {
  relay.deliver(post.connectionId, change(post.text));
  return 'swallow' as const;
};

describe('a relay', () => {
  test('that passes on every character is found to, by one post of more than a frame to a connection that is closed again', async () => {
    expect(await check()).toBe(true);
    const [{ text } = { text: '' }, ...others] = relay.posts;
    expect(others).toEqual([]);
    expect(new Set(text).size).toBe(128);
    expect(text.length).toBeGreaterThan(32 * 1024);
    expect(text.length).toBeLessThan(127 * 1024);
    await relay.until(() => relay.peers.size === 0);
  });

  test.each<[string, (text: string) => string]>([
    ['leaves out what ends a string in C', (text) => text.replaceAll('\0', '')],
    ['replaces control characters', (text) => text.replaceAll('\x01', '\ufffd')],
    ['writes other line ends', (text) => text.replaceAll('\r', '\n')],
    ['trims', (text) => text.trimEnd().slice(0, -1)],
    ['cuts', (text) => text.slice(0, 32 * 1024)],
    ['delivers something else', () => 'something else'],
  ])('that %s is not sent such texts', async (_what, change) => {
    relay.onPost = delivering(change);
    expect(await check()).toBe(false);
  });

  test('that refuses, drops the connection or stays silent is not sent such texts either', async () => {
    relay.onPost = () => 413;
    expect(await check()).toBe(false);
    relay.onPost = (post) => {
      relay.disconnect(post.connectionId);
      return 'swallow';
    };
    expect(await check()).toBe(false);
    relay.onPost = () => 'swallow';
    const silent = check();
    await relay.until(() => relay.posts.length === 3);
    clock.advance(10_000);
    expect(await silent).toBe(false);
    relay.onConnect = () => 403;
    expect(await check()).toBe(false);
  });
});
