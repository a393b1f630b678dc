// A session in the local relay and directory with a pool that the test controls; everything ends with the test.
import { afterEach, beforeEach } from 'vitest';
import { type Clock, systemClock } from '../../../protocol/clock.ts';
import { generateClientKeys } from '../../../protocol/sealing.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { stageSecret } from '../../../protocol/test/stage-secrets.ts';
import { readStageSecret } from '../../src/manifest/stage-secret-item.ts';
import { StageSecrets } from '../../src/relay/stage-secrets.ts';
import { Session, type SessionOptions } from '../../src/session/session.ts';
import type { SessionEvent } from '../../src/session/session-event.ts';
import { givenVariables } from '../../src/session/variables/function-variables.ts';
import { code, FakePool } from './fake-pool.ts';
import { type LocalAws, region, stage, startLocalAws } from './local-aws.ts';
import { Recorder } from './recorder.ts';
import { StubPeer } from './stub-peer.ts';

export type EventName = SessionEvent['event'];
export type EventOf<T extends EventName> = Extract<SessionEvent, { event: T }>;

/** A session and what it tells. */
export interface Serving {
  readonly session: Session;
  readonly pool: FakePool;
  readonly publicKey: string;
  readonly events: Recorder<SessionEvent>;
  /** The first event of a name, also one that has come already. */
  event<T extends EventName>(name: T, matches?: (event: EventOf<T>) => boolean): Promise<EventOf<T>>;
  /** The events of a name so far. */
  told<T extends EventName>(name: T): EventOf<T>[];
}

export interface World {
  readonly aws: LocalAws;
  /** A session that is not started; with `none` it has not read the stage's secret, as where there was none. */
  prepare(options?: Partial<SessionOptions>, secret?: 'known' | 'none'): Promise<Serving>;
  /** A started session that serves `hello`, built. */
  serve(options?: Partial<SessionOptions>, secret?: 'known' | 'none'): Promise<Serving>;
  stub(): Promise<StubPeer>;
}

/** Call at the top of a test file; the fields change with every test. */
export function useWorld(clockOf: () => Clock = () => systemClock): World {
  let aws: LocalAws;
  let clock: Clock;
  let ends: (() => Promise<void> | void)[] = [];

  beforeEach(async () => {
    clock = clockOf();
    aws = await startLocalAws(clock);
  });
  afterEach(async () => {
    for (const end of ends.reverse()) await end();
    ends = [];
    await aws.close();
  });

  const prepare = async (
    options: Partial<SessionOptions> = {},
    secret: 'known' | 'none' = 'known',
  ): Promise<Serving> => {
    const pool = new FakePool();
    const events = new Recorder<SessionEvent>();
    const keys = await generateClientKeys();
    const { relayUrl: url, developer, http, directory } = aws;
    const initial = secret === 'known' ? stageSecret : undefined;
    const secrets = () => new StageSecrets({ initial, read: () => readStageSecret(directory, stage), clock });
    const session = new Session({
      relay: { url, region, stage, keys, secrets: secrets(), credentials: () => developer, http },
      directory,
      holder: { user: 'ada', host: 'ada-laptop', version: '0.1.0' },
      functions: new Map([['hello', { timeout: 3 }]]),
      only: undefined,
      noTakeover: false,
      pool,
      variables: givenVariables(new Map([['hello', { GREETING: 'hi' }]]), region),
      clock,
      onEvent: (event) => events.add(event),
      ...options,
    });
    ends.push(() => end(session, clock));
    const event = <T extends EventName>(name: T, matches: (event: EventOf<T>) => boolean = () => true) =>
      events.first((each): each is EventOf<T> => each.event === name && matches(each as EventOf<T>));
    const told = <T extends EventName>(name: T) =>
      events.all.filter((each): each is EventOf<T> => each.event === name);
    return { session, pool, publicKey: keys.publicKey, events, event, told };
  };

  return {
    get aws() {
      return aws;
    },
    prepare,
    serve: async (options, secret) => {
      const serving = await prepare(options, secret);
      serving.session.onBuild({ type: 'built', code: code('hello'), first: true, ms: 1, changed: [] });
      await serving.session.start();
      return serving;
    },
    stub: async () => {
      const stub = await StubPeer.connect(aws, clock);
      ends.push(() => stub.close());
      return stub;
    },
  };
}

/** Stops a session, at once even if nothing advances the clock any more. */
async function end(session: Session, clock: Clock): Promise<void> {
  let stopped = false;
  const stop = session.stop(0).finally(() => {
    stopped = true;
  });
  while (clock instanceof ManualClock && !stopped) {
    clock.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await stop;
}
