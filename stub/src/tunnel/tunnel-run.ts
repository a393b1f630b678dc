// [1] One invocation of the tunnel function: from livectl's item in the directory until one of both ends it.
import type { Clock, Timer } from '../../../protocol/clock.ts';
import { type ClientItem, capabilitiesOf, type Directory, tunnelItem } from '../../../protocol/directory.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import type { RelayPoster } from '../../../protocol/relay-post.ts';
import type { RelaySocket } from '../../../protocol/relay-socket.ts';
import { channelToClient } from '../../../protocol/sealing.ts';
import type { AwsCredentials } from '../../../protocol/signature.ts';
import { TunnelEnvelope } from '../../../protocol/tunnel/envelope.ts';
import { TunnelLink } from '../../../protocol/tunnel/link.ts';
import { TunnelPoster } from '../../../protocol/tunnel/poster.ts';
import { RareReports, report } from '../report.ts';
import { StubSocket } from '../stub-socket.ts';
import { Dialer } from './dialer.ts';
import type { LookUp } from './look-up.ts';
import { OpenStreams } from './open-streams.ts';
import type { TunnelSettings } from './tunnel-settings.ts';

/** Of livectl and the module; the build puts it in. */
const version = process.env.LIVE_DEBUG_VERSION ?? 'unknown';

/** livectl is told so long before Lambda's limit that the tunnel ends; it opens another one in the meantime. */
const drainBeforeMs = 100_000;
/** The tunnel ends so long before Lambda's limit, of which a second is for the last message. */
const endBeforeMs = 5000;
/** With streams, livectl is heard every 5 s at least (`keepaliveMs`): after more silence the own socket is in doubt. */
const doubtAfterMs = 6500;
const lookAtSocketMs = 1000;
/** A relay in the same Region answers within milliseconds. */
const pongWithinMs = 1500;

export interface TunnelRunOptions {
  readonly settings: TunnelSettings;
  readonly clock: Clock;
  readonly directory: Pick<Directory, 'call'>;
  readonly poster: RelayPoster;
  readonly credentials: () => AwsCredentials;
  readonly lookUp: LookUp;
}

/** Why a run ended, for the log. */
type Reason = string;

export class TunnelRun {
  readonly #options: TunnelRunOptions;
  readonly #id: string;
  readonly #timers = new Set<Timer>();
  readonly #drops = new RareReports('dropped a message', 'dropped');
  readonly #socket: StubSocket;
  /** The latest connection to the relay, open or being opened. */
  #connection: Promise<RelaySocket> | undefined;
  readonly #ended: Promise<Reason>;
  #end: (reason: Reason) => void = () => undefined;
  #onText: (text: string) => void = () => undefined;
  #link: TunnelLink | undefined;
  #isOver = false;

  constructor(id: string, options: TunnelRunOptions) {
    this.#id = id;
    this.#options = options;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    const { clock, credentials, settings } = options;
    this.#socket = new StubSocket({
      url: settings.relayUrl,
      region: settings.region,
      credentials,
      clock,
      onText: (text) => this.#onText(text),
      onLost: () => void this.#reconnect(),
    });
  }

  /**
   * Serves livectl's streams until it ends them, is gone, or `leftMs` are nearly over. Rejects with LD_TUNNEL, LD_DIRECTORY or
   * LD_RELAY if the tunnel can't begin, and with LD_NO_ACK if livectl does not answer.
   */
  async serve(leftMs: number): Promise<void> {
    const { clock } = this.#options;
    const startedAt = clock.now();
    const endsAt = startedAt + leftMs - endBeforeMs;
    const connecting = this.#connect();
    connecting.catch(() => undefined);
    let streams: OpenStreams | undefined;
    try {
      const item = await this.#item();
      if (item === undefined || item.leaseUntil <= clock.now()) throw this.#unknown();
      const envelope = await this.#envelope(item);
      const { connectionId } = await connecting.catch(withNetworkRemedy);
      streams = this.#begin(item, envelope, connectionId, startedAt + leftMs);
      this.#after(Math.max(0, leftMs - drainBeforeMs), () => this.#link?.drain(endsAt - clock.now()));
      this.#after(endsAt - clock.now(), () => this.#end('its time is up'));
      const reason = await this.#ended;
      await this.#link?.end();
      this.#reportEnd(reason, startedAt);
      if (this.#link?.stats.batchesIn === 0) throw noAnswer(item);
    } finally {
      this.#isOver = true;
      for (const timer of this.#timers) timer.cancel();
      this.#link?.close('the tunnel function has ended');
      streams?.close();
      // Also one that is still being opened: this instance may serve another tunnel soon.
      void this.#connection?.then((socket) => socket.close()).catch(() => undefined);
    }
  }

  #connect(): Promise<RelaySocket> {
    this.#connection = this.#socket.get();
    return this.#connection;
  }

  #begin(item: ClientItem, envelope: TunnelEnvelope, connectionId: string, endsAt: number): OpenStreams {
    const { clock, lookUp, poster, settings } = this.#options;
    const posts = new TunnelPoster({
      poster,
      envelope,
      clock,
      connectionId: item.connectionId,
      onGone: () => this.#findClient(),
    });
    const streams = new OpenStreams(new Dialer({ allow: settings.allow, lookUp, clock }), clock);
    const link = new TunnelLink({
      side: 'function',
      clock,
      post: posts.post,
      batchBytes: envelope.maxBatchBytes,
      hello: { connectionId, remainingMs: Math.max(0, endsAt - clock.now()), version },
      onOpen: (stream) => void streams.connect(stream),
      onPeer: (peer) => {
        posts.connectionId = peer;
      },
      onEnd: () => this.#end('livectl ended it'),
      onLost: (reason) => this.#end(reason),
    });
    this.#link = link;
    this.#onText = (text) => {
      const batch = envelope.open(text);
      if (batch) link.receive(batch);
      else this.#drops.add({ reason: 'it does not open for this tunnel, or came before' });
    };
    report('tunnel began', { user: item.user, host: item.host, livectl: item.version });
    this.#watchSocket(link);
    return streams;
  }

  async #item(): Promise<ClientItem | undefined> {
    const { directory, settings } = this.#options;
    try {
      return await tunnelItem(directory, settings.stage, this.#id);
    } catch (error) {
      return withNetworkRemedy(error);
    }
  }

  async #envelope(item: ClientItem): Promise<TunnelEnvelope> {
    const { secret, stage } = this.#options.settings;
    const channel = await channelToClient(item.publicKey, stage, secret).catch((cause) => {
      const message = `the public key of ${item.user} on ${item.host} in item ${item.item} is invalid`;
      throw new LiveDebugError('LD_DIRECTORY', message, { cause, remedy: 'restart livectl there' });
    });
    const isSeptets = capabilitiesOf(item).includes('bits7');
    return new TunnelEnvelope({ id: this.#id, channel, towardsClient: true, isSeptets });
  }

  /** livectl's connection is gone: the one in its item by now. Ends the run if the item is gone or its lease is over. */
  async #findClient(): Promise<string | undefined> {
    const { clock, directory, settings } = this.#options;
    const item = await tunnelItem(directory, settings.stage, this.#id);
    if (item && item.leaseUntil > clock.now()) return item.connectionId;
    this.#end(item ? 'livectl’s lease is over' : 'livectl is gone');
    return undefined;
  }

  /** The own socket is lost: streams wait for another one. The link ends itself if there is none in time. */
  async #reconnect(): Promise<void> {
    const link = this.#link;
    if (this.#isOver || link === undefined) return;
    link.lost();
    while (!this.#isOver && !link.isClosed) {
      try {
        const { connectionId } = await this.#connect();
        if (!this.#isOver) link.resumed(connectionId);
        return;
      } catch (error) {
        report('the relay is not reached', { reason: messageOf(error) });
        await new Promise<void>((resolve) => this.#after(lookAtSocketMs, resolve));
      }
    }
  }

  /** Finds a socket that is dead without a sign of it. */
  #watchSocket(link: TunnelLink): void {
    this.#after(lookAtSocketMs, () => {
      const isDoubtful = link.stats.streams > 0 && this.#socket.idleMs() > doubtAfterMs;
      const looked = isDoubtful ? this.#socket.isAlive(pongWithinMs) : Promise.resolve(true);
      void looked.then(() => {
        if (!this.#isOver) this.#watchSocket(link);
      });
    });
  }

  /** A timer that the end of the run cancels. */
  #after(ms: number, callback: () => void): void {
    const timer = this.#options.clock.after(ms, () => {
      this.#timers.delete(timer);
      callback();
    });
    this.#timers.add(timer);
  }

  #reportEnd(reason: Reason, startedAt: number): void {
    const { bytesIn, bytesOut, opened } = this.#link?.stats ?? { bytesIn: 0, bytesOut: 0, opened: 0 };
    const seconds = Math.round((this.#options.clock.now() - startedAt) / 1000);
    report('tunnel ended', { reason, seconds, connections: opened, bytesIn, bytesOut });
  }

  #unknown(): LiveDebugError {
    const { stage, tableName } = this.#options.settings;
    const message = `no livectl has this tunnel in stage ${stage}, table ${tableName}: it has ended, or uses another stage`;
    return new LiveDebugError('LD_TUNNEL', message, { remedy: 'start the tunnel again with livectl' });
  }
}

function noAnswer({ host, user }: ClientItem): LiveDebugError {
  const message = `livectl of ${user} on ${host} did not answer the tunnel function`;
  return new LiveDebugError('LD_NO_ACK', message, {
    remedy: 'check that livectl runs there, and that module and stage are the ones it uses',
  });
}

/** What a function in a VPC most likely lacks, if it reaches neither the table nor the relay. */
function withNetworkRemedy(error: unknown): never {
  if (!(error instanceof LiveDebugError) || typeof error.cause === 'number') throw error;
  throw new LiveDebugError(error.code, error.message, {
    cause: error.cause,
    remedy:
      'the subnets of `tunnel` need a route to a NAT gateway, and its security groups must let HTTPS out',
  });
}
