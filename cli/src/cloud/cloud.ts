// The embedded cloud of `serve --local`: its contract with the serve command. See docs/local-cloud.md.
import type { Agent } from 'node:http';
import type { Clock } from '../../../protocol/clock.ts';
import type { FunctionText } from '../manifest/manifest-schema.ts';
import type { Triggers } from '../manifest/trigger-schema.ts';
import type { TriggerSource, TriggerTargets } from '../manifest/trigger-targets.ts';
import type { WrapSettings } from '../manifest/wrap-settings.ts';
import type { FunctionCode, Outcome } from '../worker/contract.ts';
import type { KeptCloud } from './kept-cloud.ts';
import type { NetworkNamespace } from './vpc/network-namespace.ts';

/** A function to deploy, with what Terraform would pass to AWS. */
export interface CloudFunction {
  readonly name: string;
  readonly handler: string;
  readonly runtime: string;
  /** Seconds. */
  readonly timeout: number;
  /** Megabytes. */
  readonly memorySize: number;
  readonly environment: Readonly<Record<string, string>>;
  /** With RESPONSE_STREAM, answers are streamed to callers that accept a stream, even without a function URL. */
  readonly invokeMode?: 'BUFFERED' | 'RESPONSE_STREAM' | undefined;
  /** Set if it keeps its own code, behind the wrapper; undefined if the stub replaces it. */
  readonly wrap?: WrapSettings | undefined;
  /** The alias or version that its event sources invoke. */
  readonly qualifier?: string | undefined;
  /** Set for a durable function: the timeout of a whole execution in seconds. */
  readonly durable?: { readonly executionTimeout: number } | undefined;
  /** Its event sources. It always answers over HTTP: without a path, at `/<name>` and everything below it. */
  readonly triggers: Triggers;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** One `POST @connections/{id}`, with signature and permission already checked. */
export interface RelayPost {
  readonly connectionId: string;
  /** The number of the post in this cloud, from 1. */
  readonly number: number;
  /** Bytes of the message. */
  readonly size: number;
}

/** What the relay does to a post instead of delivering it at once; for tests. */
export interface RelayFault {
  /** Wait this long before anything else, so that later posts overtake it. */
  readonly delayMs?: number;
  /** Answer this status instead of delivering, e.g. 429 or 503. */
  readonly status?: number;
  /** Reset the caller's connection, before or after the message was delivered. */
  readonly drop?: 'before' | 'after';
  /** End the receiver's connection without a close frame, and answer that it is gone. */
  readonly disconnect?: true;
  /** Answer 200 at once and deliver this much later, so that messages arrive out of order. */
  readonly lateMs?: number;
}

/** What wrapped functions need. */
export interface WrapperOptions {
  /** The built layer, as Terraform would upload it. */
  readonly zip: Uint8Array;
  /** The built stub beside a wrapped Python function, as Terraform would upload it. */
  readonly besideZip: Uint8Array;
  /** The deployed code of a function; undefined if it cannot be run here: then the stub replaces it. */
  readonly deployedCode: (functionName: string) => Promise<FunctionCode | undefined>;
  /** livectl's Python runtime client, in place of Lambda's. */
  readonly pythonRuntimeFile: string;
}

/** What the tunnel function needs. */
export interface VpcOptions {
  /** The built tunnel function, as Terraform would upload it. */
  readonly zip: Uint8Array;
  /** The built NAT program, which runs the function in the namespace. */
  readonly natFile: string;
  /** It stands for the VPC. */
  readonly namespace: NetworkNamespace;
  /** Where the function may connect to. */
  readonly allow: readonly string[];
}

export interface CloudOptions {
  readonly functions: readonly CloudFunction[];
  /**
   * What an earlier cloud has left, and this one will leave: event sources of the same names go on with what they had, once
   * `resumeSources` is called. Default: they begin empty, at once.
   */
  readonly kept?: KeptCloud | undefined;
  /** Port of the HTTP front on 127.0.0.1; 0 chooses a free one. */
  readonly port: number;
  readonly stage: string;
  /** livectl.json by function, for the stage's manifest in the directory; without it there is no manifest. */
  readonly manifest?: Readonly<Record<string, FunctionText>> | undefined;
  /** The built stub, as Terraform would upload it. */
  readonly stubZip: Uint8Array;
  /** For functions that are wrapped. */
  readonly wrapper?: WrapperOptions | undefined;
  /** Deploys the stage's tunnel function, which the manifest then names; default: no tunnel. */
  readonly vpc?: VpcOptions | undefined;
  /** The built Node runtime client, which runs the stub as it runs handlers. */
  readonly nodeRuntimeFile: string;
  /** The program and its first arguments that run `nodeRuntimeFile`; default: the running Node. */
  readonly nodeCommand?: readonly [string, ...string[]];
  /** Gives every invocation a day, so that neither the stub's timeout nor the HTTP front ends it at a breakpoint. */
  readonly liftTimeouts?: boolean | undefined;
  /** Other users of this machine may call functions over HTTP without a signature. */
  readonly allowOtherUsers?: boolean | undefined;
  /**
   * A factor of how long an invocation waits for the table and the relay before it counts as not served, 1 to 99; default 1,
   * as on AWS.
   */
  readonly patience?: number | undefined;
  /** As a stage named for production with the module's `allow_observe`: no client may answer. */
  readonly observeOnly?: boolean | undefined;
  /** Maximum number of stub processes at once, for all functions; default 20. */
  readonly maxInstances?: number;
  /** A private folder (0700) for unpacked code; the caller removes it after `close`. */
  readonly tempDir: string;
  /** Called for everything that a person should know, e.g. a line that the stub logged. */
  readonly onEvent: (event: CloudEvent) => void;
  readonly clock?: Clock;
  /** The agent for requests through a proxy to the issuer of a route's tokens, if a proxy applies. */
  readonly agentFor?: (url: URL) => Agent | undefined;
  /** Called for every post to the relay; undefined delivers it as usual. */
  readonly faults?: (post: RelayPost) => RelayFault | undefined;
}

/** An init phase that failed, a crash or a timeout of a stub's process. */
export interface StubFailure {
  /** Lambda's error type, e.g. `Runtime.ExitError`, or the type that the stub's init phase threw. */
  readonly errorType: string;
  readonly message: string;
  /** Its last output: the last line of its last invocation or init phase that names an error, otherwise the last line. */
  readonly lastLine: string | undefined;
}

/** The source of an invocation other than HTTP; `lambda` is Invoke with type Event. */
export type EventSource = Exclude<TriggerSource, 'http' | 'function_url'> | 'lambda';

export type CloudEvent =
  /** A message, an object or a record was accepted; `functionNames` receive it, empty if no function accepts it. */
  | {
      readonly type: 'published';
      readonly source: EventSource;
      /** The name of the topic, queue, bus, bucket, table or stream. */
      readonly resource: string;
      /** The id that the publisher received: message id, event id, object key or sequence number. */
      readonly id: string;
      readonly functionNames: readonly string[];
    }
  /** A function failed and is retried after `delayMs`. */
  | {
      readonly type: 'retry';
      readonly source: EventSource;
      readonly resource: string;
      readonly functionName: string;
      /** Lambda's request id of the attempt that failed. */
      readonly id: string;
      /** The number of the failed attempt, from 1. */
      readonly attempt: number;
      /** Maximum number of attempts; undefined if there is no limit. */
      readonly attempts: number | undefined;
      readonly delayMs: number;
      readonly reason: string;
    }
  /** A function is not retried any more. */
  | {
      readonly type: 'dead_letter';
      readonly source: EventSource;
      readonly resource: string;
      readonly functionName: string;
      /** Ids of the messages or records, or of the invocation if its source has none. */
      readonly ids: readonly string[];
      readonly attempts: number;
      readonly reason: string;
      /** The queue they were moved to, if there is one. */
      readonly deadLetterQueue?: string;
    }
  | { readonly type: 'stub_log'; readonly functionName: string; readonly message: string }
  /** A line that the tunnel function logged. */
  | { readonly type: 'tunnel_log'; readonly functionName: string; readonly message: string }
  /** An invocation of the tunnel function ended with an error. */
  | { readonly type: 'tunnel_failed'; readonly functionName: string; readonly reason: string }
  /** A line of a wrapped function: of its deployed code, or of the wrapper. */
  | { readonly type: 'deployed_log'; readonly functionName: string; readonly message: string }
  /** A failed init phase, a crash or a timeout of a wrapped function's deployed code. */
  | ({ readonly type: 'deployed_failed'; readonly functionName: string } & StubFailure)
  /** A stub's process failed; not the function behind it, whose errors are answers. */
  | ({ readonly type: 'stub_failed'; readonly functionName: string } & StubFailure)
  /** A request over HTTP that matches no route was answered with 404. */
  | {
      readonly type: 'unmatched';
      readonly method: string;
      /** Without the query, the first 200 characters. */
      readonly path: string;
      /** The route that was probably meant. Takes some time, so ask for what is shown. */
      readonly meant: () => string | undefined;
    }
  /** A call over HTTP was refused before it reached the function; reported once per kind of caller. */
  | {
      readonly type: 'refused';
      readonly functionName: string;
      readonly from: 'page' | 'user' | 'gone';
      /** The page's origin, if the browser sends it. */
      readonly origin: string | undefined;
    };

/** A running cloud. All its servers bind 127.0.0.1 only. */
export interface Cloud {
  /** Base URL of the HTTP front, e.g. `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Name of the tunnel function, if there is one. */
  readonly tunnelFunction: string | undefined;
  /** Each function's URL on the HTTP front. */
  readonly functionUrls: ReadonlyMap<string, string>;
  /** Lambda's function URL of each function that has one. */
  readonly ownUrls: ReadonlyMap<string, string>;
  /** What to publish to, by function, with ids that `endpointUrl` knows. */
  readonly triggerTargets: ReadonlyMap<string, TriggerTargets>;
  readonly region: string;
  /** Each function's own variables as deployed, including this cloud's endpoints. */
  readonly variables: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** The endpoint for SDKs, by variable: `AWS_ENDPOINT_URL`, and Kinesis's own if a trigger uses a stream. */
  readonly endpointVariables: Readonly<Record<string, string>>;
  /** The value of `AWS_ENDPOINT_URL`: relay, directory and Lambda's Invoke API in one place. */
  readonly endpointUrl: string;
  /** The relay's stage URL, e.g. `http://127.0.0.1:4001/live`: the socket connects there (as ws), posts go to `/@connections/{id}` below it. */
  readonly relayUrl: string;
  /** DynamoDB endpoint of the directory. */
  readonly directoryUrl: string;
  readonly tableName: string;
  /** Like a developer's SSO session: may serve, and read what the deployer wrote. */
  readonly developerCredentials: Credentials;
  /** The credentials of a stub's process, and so of the code of the function behind it. */
  readonly stubCredentials: Credentials;
  /** Terraform's credentials: may write everything in the directory. */
  readonly deployerCredentials: Credentials;
  /**
   * Invokes a deployed function with an event's JSON text and waits for its answer; function errors, crashes and timeouts are
   * outcomes. Rejects with LD_CONFIG for a name that is not deployed, and with LD_STOPPED after `close`.
   */
  invoke(functionName: string, payload: Uint8Array): Promise<Outcome>;
  /** Delivers what event sources have; only after an earlier cloud (`kept`) it does not do so from the beginning. */
  resumeSources(): void;
  /** Event sources deliver nothing more, and keep it for the next cloud; resolves when their running invocations are over. */
  pauseSources(): Promise<void>;
  /**
   * Lets HTTP answers under way finish, for at most a second, then ends every socket, server and stub process; resolves when they
   * are gone.
   */
  close(): Promise<void>;
}
