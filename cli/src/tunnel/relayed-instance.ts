// One tunnel function, reached through the relay: its item, its invocation, livectl's own connection for it, and the link of
// its streams.
import { randomBytes } from 'node:crypto';
import type { Agent } from 'node:http';
import type { Clock } from '../../../protocol/clock.ts';
import type { Directory } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { parseJson } from '../../../protocol/json.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { RelayPoster } from '../../../protocol/relay-post.ts';
import { type ClientKeys, generateClientKeys } from '../../../protocol/sealing.ts';
import { envelopeOfFirstText, type TunnelEnvelope } from '../../../protocol/tunnel/envelope.ts';
import { TunnelLink } from '../../../protocol/tunnel/link.ts';
import { TunnelPoster } from '../../../protocol/tunnel/poster.ts';
import { within } from '../../../protocol/within.ts';
import { KeptSocket, type RelayPlace, type SocketEvent } from '../relay/kept-socket.ts';
import type { Holder } from '../relay/lease.ts';
import type { StageSecrets } from '../relay/stage-secrets.ts';
import { WarmConnections } from '../relay/warm-connections.ts';
import { Beat } from '../session/beat.ts';
import type { Instance, InstanceWatch, StartInstance, Usage, VpcStream } from './contract.ts';
import { messagesOf } from './cost.ts';
import { OwnTunnelItem } from './tunnel-item.ts';

/** Where the tunnels of a stage are, and as whom livectl uses them. */
export interface TunnelPlace {
  readonly stage: string;
  readonly relay: RelayPlace;
  readonly directory: Pick<Directory, 'call'>;
  /** Read when the first function starts. Rejects with the directory's errors. */
  readonly secrets: () => Promise<StageSecrets>;
  /** Without the key, which each instance has of its own. */
  readonly holder: Omit<Holder, 'publicKey'>;
  /** Starts a function; see `invokeEvent`. */
  readonly invoke: (functionName: string, payload: unknown, signal: AbortSignal) => Promise<void>;
  /** Whether the relay carries seven bits to a character. Never rejects. */
  readonly carriesAscii: () => Promise<boolean>;
  /** For requests through a proxy. */
  readonly agentFor: (url: URL) => Agent | undefined;
  /** The error to show for one of the directory. */
  readonly explain: (error: unknown) => unknown;
  readonly clock: Clock;
}

/** From Lambda's acceptance of the invocation: a cold start takes one or two seconds. */
export const helloBoundMs = 10_000;

/** How long the start waits to learn whether the relay carries seven bits; with base64, texts are a sixth longer. */
const asciiBoundMs = 2000;

/** Texts that wait while the first is being judged, which takes a key agreement. */
const mostEarly = 64;

/** Starts functions of one tunnel. */
export function relayedInstances(place: TunnelPlace, name: string, functionName: string): StartInstance {
  return async (watch, signal) => {
    const [isSeptets, keys, secrets] = await Promise.all([
      within(place.clock, asciiBoundMs, place.carriesAscii()),
      generateClientKeys(),
      place.secrets(),
    ]);
    const own = { name, functionName, keys, secrets, watch, isSeptets: isSeptets === true };
    const instance = new RelayedInstance(place, own);
    try {
      await instance.start(signal);
      return instance;
    } catch (error) {
      await instance.end('it did not start');
      throw place.explain(error);
    }
  };
}

interface Own {
  readonly name: string;
  readonly functionName: string;
  readonly keys: ClientKeys;
  readonly secrets: StageSecrets;
  readonly watch: InstanceWatch;
  readonly isSeptets: boolean;
}

class RelayedInstance implements Instance {
  remainingMs = 0;
  readonly #place: TunnelPlace;
  readonly #own: Own;
  readonly #id = randomBytes(16).toString('base64url');
  readonly #http: HttpClient;
  readonly #warm: WarmConnections;
  readonly #socket: KeptSocket;
  readonly #item: OwnTunnelItem;
  readonly #beat: Beat;
  readonly #hello: Promise<number>;
  #onHello: (remainingMs: number) => void = () => undefined;
  #envelope: TunnelEnvelope | undefined;
  #link: TunnelLink | undefined;
  #posts: TunnelPoster | undefined;
  /** Texts are judged one after the other until one is the function's. */
  #judging: Promise<void> = Promise.resolve();
  #early = 0;
  /** As API Gateway counts what has arrived. */
  #received = 0;
  #isOver = false;

  constructor(place: TunnelPlace, own: Own) {
    this.#place = place;
    this.#own = own;
    const { agentFor, clock, directory, holder, relay, stage } = place;
    const { isSeptets, keys, name, watch } = own;
    this.#hello = new Promise((resolve) => {
      this.#onHello = resolve;
    });
    // Of its own, so that a bulk copy does not hold up the answers of invocations.
    this.#http = new HttpClient({ agentFor, ...(relay.lookup ? { lookup: relay.lookup } : {}) });
    this.#warm = new WarmConnections({ url: relay.url, http: this.#http, clock });
    this.#item = new OwnTunnelItem({
      ...{ directory, stage, name, clock, isSeptets },
      id: this.#id,
      holder: { ...holder, publicKey: keys.publicKey },
      facts: () => watch.facts(),
    });
    this.#socket = new KeptSocket({
      ...relay,
      clock,
      onText: (text) => this.#onText(text),
      onConnected: async (connectionId) => {
        await this.#item.put(connectionId);
        this.#link?.resumed(connectionId);
      },
      onReached: () => this.#warm.renew(),
      onEvent: (event) => this.#onSocketEvent(event),
    });
    const doubt = () => {
      this.#warm.renew();
      this.#socket.doubt();
    };
    this.#beat = new Beat({ clock, onGap: doubt, onNetwork: doubt });
  }

  /** Rejects with a LiveDebugError that says what to check. */
  async start(signal: AbortSignal): Promise<void> {
    const stopped = new Promise<never>((_, reject) => {
      const stop = () => reject(new LiveDebugError('LD_STOPPED', 'livectl is stopping'));
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
    });
    stopped.catch(() => undefined);
    await Promise.race([this.#begin(signal), stopped]);
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { clock, invoke } = this.#place;
    const { functionName } = this.#own;
    this.#warm.start();
    await this.#socket.start();
    this.#beat.start();
    await invoke(functionName, { tunnel: this.#id }, signal);
    const remainingMs = await within(clock, helloBoundMs, this.#hello);
    if (remainingMs === undefined) throw noHello(functionName);
    this.remainingMs = remainingMs;
  }

  open(host: string, port: number): VpcStream {
    if (this.#link === undefined) throw new Error('the instance has not started');
    return this.#link.open(host, port);
  }

  usage(): Usage {
    const { bytesIn = 0, bytesOut = 0 } = this.#link?.stats ?? {};
    const messages = this.#received + (this.#posts?.stats.metered ?? 0);
    return { bytes: bytesIn + bytesOut, messages };
  }

  publish(): void {
    this.#item.publish();
  }

  async end(_reason: string): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#beat.stop();
    await Promise.all([this.#link?.end(), this.#item.remove()]);
    this.#socket.close();
    this.#warm.close();
    this.#http.close();
  }

  #onText(text: string): void {
    this.#received += messagesOf(text.length);
    if (this.#link) return this.#receive(text);
    if (this.#isOver || this.#early >= mostEarly) return;
    this.#early += 1;
    this.#judging = this.#judging
      .then(() => this.#judge(text))
      .finally(() => {
        this.#early -= 1;
      });
  }

  #receive(text: string): void {
    const batch = this.#envelope?.open(text);
    if (batch) this.#link?.receive(batch);
  }

  /** The first text that was sealed with the stage's secret for this instance is the function's. Never rejects. */
  async #judge(text: string): Promise<void> {
    if (this.#isOver) return;
    if (this.#link) return this.#receive(text);
    const secretId = secretIdIn(text);
    if (secretId === undefined) return;
    const { isSeptets, keys, secrets } = this.#own;
    const { stage } = this.#place;
    if (!secrets.find(secretId)) await secrets.refresh();
    const secret = secrets.find(secretId);
    if (secret === undefined) return;
    const envelope = await envelopeOfFirstText(text, { id: this.#id, stage, keys, secret, isSeptets });
    if (envelope === undefined || this.#isOver) return;
    this.#connect(envelope);
    this.#receive(text);
  }

  #connect(envelope: TunnelEnvelope): void {
    const { clock, relay } = this.#place;
    const { watch } = this.#own;
    const { credentials, region, url } = relay;
    const poster = new RelayPoster({ url, region, http: this.#http, credentials, clock });
    const posts = new TunnelPoster({ poster, envelope, clock });
    const gone = (reason: string) => {
      if (!this.#isOver) watch.onGone(reason);
    };
    this.#envelope = envelope;
    this.#posts = posts;
    this.#link = new TunnelLink({
      side: 'client',
      clock,
      post: posts.post,
      batchBytes: envelope.maxBatchBytes,
      onPeer: (connectionId) => {
        posts.connectionId = connectionId;
      },
      onHello: ({ remainingMs }) => this.#onHello(remainingMs),
      onDrain: (ms) => watch.onDrain(ms),
      onEnd: () => gone('the tunnel function ended'),
      onLost: (reason) => gone(`the tunnel function is out of reach: ${reason}`),
    });
  }

  #onSocketEvent({ type }: SocketEvent): void {
    if (type === 'lost') this.#link?.lost();
    else if (type === 'reconnected') this.#warm.renew();
  }
}

/** The id of the secret that a text names in clear; nothing of it is trusted. */
function secretIdIn(text: string): string | undefined {
  const end = text.slice(0, 1024).indexOf('\n');
  const header = end < 0 ? undefined : (parseJson(text.slice(0, end)) as { psk?: unknown } | null);
  return typeof header?.psk === 'string' ? header.psk : undefined;
}

function noHello(functionName: string): LiveDebugError {
  const message = `${functionName} was started, but did not report within ${helloBoundMs / 1000} s`;
  return new LiveDebugError('LD_TUNNEL', message, {
    remedy: [
      `see its log: aws logs tail /aws/lambda/${functionName} --since 5m;`,
      'if it has no lines, Lambda had no concurrency left for it;',
      'otherwise its subnets need a route to a NAT gateway, and its security groups must let HTTPS out',
    ].join(' '),
  });
}
