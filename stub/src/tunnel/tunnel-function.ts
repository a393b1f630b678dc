// [1] The tunnel function: livectl invokes it with a tunnel's id, and it serves that tunnel until it ends.
import * as v from 'valibot';
import type { Clock } from '../../../protocol/clock.ts';
import { Directory } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { RelayPoster } from '../../../protocol/relay-post.ts';
import { instanceIdPattern } from '../../../protocol/tunnel/envelope.ts';
import { report } from '../report.ts';
import { credentialsIn } from '../variables.ts';
import { type LookUp, systemLookUp } from './look-up.ts';
import { TunnelRun } from './tunnel-run.ts';
import { readTunnelSettings, type TunnelSettings } from './tunnel-settings.ts';

/** livectl invokes the function with this; `tunnel` is the id of its item in the directory. */
const eventSchema = v.object({ tunnel: v.pipe(v.string(), v.regex(instanceIdPattern)) });

/** The part of Lambda's context object that it reads. */
export interface TunnelContext {
  getRemainingTimeInMillis(): number;
}

/** One instance of the function; invocations come one after the other, and share nothing but connections to AWS. */
export class TunnelFunction {
  readonly #settings: TunnelSettings;
  readonly #clock: Clock;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #lookUp: LookUp;
  readonly #http = new HttpClient({ doubtAfterMs: 30_000 });
  readonly #poster: RelayPoster;
  readonly #directory: Directory;

  /** Throws LD_STUB_CONFIG if variables that the module sets are missing or invalid. */
  constructor(environment: NodeJS.ProcessEnv, clock: Clock) {
    this.#environment = environment;
    this.#clock = clock;
    try {
      this.#settings = readTunnelSettings(environment);
    } catch (error) {
      throw reported(error);
    }
    this.#lookUp = systemLookUp(clock);
    const { directoryEndpoint, region, relayUrl, tableName } = this.#settings;
    const credentials = () => credentialsIn(this.#environment);
    const shared = { region, http: this.#http, credentials, clock };
    this.#poster = new RelayPoster({ url: relayUrl, ...shared });
    this.#directory = new Directory({ endpoint: directoryEndpoint, tableName, ...shared });
  }

  /** Opens a connection to the relay while the first invocation is on its way. Never rejects. */
  warm(): Promise<void> {
    return this.#poster.warm();
  }

  /** Resolves when the tunnel has ended. Rejects with LD_TUNNEL for an invalid event, otherwise as `TunnelRun`. */
  async handle(event: unknown, context: TunnelContext): Promise<void> {
    try {
      await this.#run(event).serve(context.getRemainingTimeInMillis());
    } catch (error) {
      throw reported(error);
    }
  }

  #run(event: unknown): TunnelRun {
    const parsed = v.safeParse(eventSchema, event);
    if (!parsed.success)
      throw new LiveDebugError('LD_TUNNEL', 'the event must be {"tunnel": "<id>"} with the id of a tunnel', {
        remedy: 'livectl serve and livectl tunnel invoke this function; it has no other use',
      });
    return new TunnelRun(parsed.output.tunnel, {
      settings: this.#settings,
      clock: this.#clock,
      directory: this.#directory,
      poster: this.#poster,
      credentials: () => credentialsIn(this.#environment),
      lookUp: this.#lookUp,
    });
  }
}

/** Logs what to do, which Lambda's own report of an error leaves out, and removes the frames of this code from the error. */
function reported(error: unknown): unknown {
  if (!(error instanceof LiveDebugError)) return error;
  error.stack = `${error.name}: ${error.message}`;
  const { code, message, remedy = '' } = error;
  report('tunnel failed', { code, message, remedy });
  return error;
}
