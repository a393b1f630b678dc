// The embedded cloud of `serve --local`: its contract with the serve command. See docs/local-cloud.md.
import type { Agent } from 'node:http';
import type { Clock } from '../../../protocol/clock.ts';
import type { FunctionText } from '../manifest/manifest-schema.ts';
import type { Triggers } from '../manifest/trigger-schema.ts';
import type { TriggerSource, TriggerTargets } from '../manifest/trigger-targets.ts';
import type { WrapSettings } from '../manifest/wrap-settings.ts';
import type { FunctionCode, Outcome } from '../worker/contract.ts';

/** A function to deploy: what Terraform would give AWS. */
export interface CloudFunction {
  readonly name: string;
  readonly handler: string;
  readonly runtime: string;
  /** Seconds. */
  readonly timeout: number;
  /** Megabytes. */
  readonly memorySize: number;
  readonly environment: Readonly<Record<string, string>>;
  /** With RESPONSE_STREAM answers are streamed to callers that take a stream, also without a function URL. */
  readonly invokeMode?: 'BUFFERED' | 'RESPONSE_STREAM' | undefined;
  /** It keeps its own code, behind the wrapper; undefined where the stub takes its place. */
  readonly wrap?: WrapSettings | undefined;
  /** A durable function; its time-out for a whole execution in seconds. */
  readonly durable?: { readonly executionTimeout: number } | undefined;
  /** Its event sources. Over HTTP it answers in any case: without a path at `/<name>` and everything below it. */
  readonly triggers: Triggers;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** One `POST @connections/{id}` that arrived, signature and permission already checked. */
export interface RelayPost {
  readonly connectionId: string;
  /** Counts all posts of this cloud, from 1. */
  readonly number: number;
  /** Bytes of the message. */
  readonly size: number;
}

/** What the relay does to a post instead of delivering it at once; for tests. */
export interface RelayFault {
  /** Wait this long before anything else; later posts overtake. */
  readonly delayMs?: number;
  /** Answer this status instead of delivering, e.g. 429 or 503. */
  readonly status?: number;
  /** Reset the caller's connection, before or after the message was delivered. */
  readonly drop?: 'before' | 'after';
  /** End the receiver's connection without a goodbye, and answer that it is gone. */
  readonly disconnect?: true;
  /** Answer 200 at once and deliver this much later, so that messages arrive out of order. */
  readonly lateMs?: number;
}

/** What wrapped functions run. */
export interface WrapperOptions {
  /** The built layer, as Terraform would upload it. */
  readonly zip: Uint8Array;
  /** The built stub beside a wrapped Python function, as Terraform would upload it. */
  readonly besideZip: Uint8Array;
  /** The code that is deployed for a function; undefined where it can't be run here: the stub takes its place then. */
  readonly deployedCode: (functionName: string) => Promise<FunctionCode | undefined>;
  /** Livectl's Python runtime client, in the place of Lambda's. */
  readonly pythonRuntimeFile: string;
}

export interface CloudOptions {
  readonly functions: readonly CloudFunction[];
  /** Port of the HTTP front on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  readonly stage: string;
  /** livectl.json by function, for the stage's manifest in the directory; without it there is none. */
  readonly manifest?: Readonly<Record<string, FunctionText>> | undefined;
  /** The built stub, as Terraform would upload it. */
  readonly stubZip: Uint8Array;
  /** For functions that are wrapped. */
  readonly wrapper?: WrapperOptions | undefined;
  /** The built Node runtime client, which runs the stub as it runs handlers. */
  readonly nodeRuntimeFile: string;
  /** The program and its first arguments that run `nodeRuntimeFile`; default: the running Node. */
  readonly nodeCommand?: readonly [string, ...string[]];
  /** Gives every invocation a day, so that neither the stub's timeout nor the HTTP front ends one at a breakpoint. */
  readonly liftTimeouts?: boolean | undefined;
  /** Other users of this machine may call functions over HTTP without a signature. */
  readonly allowOtherUsers?: boolean | undefined;
  /** Stub processes at one time, over all functions; default 20. */
  readonly maxInstances?: number;
  /** A private folder (0700) for unpacked code; the caller removes it after `close`. */
  readonly tempDir: string;
  /** What happens in the cloud that a person should know, e.g. a line the stub logged. */
  readonly onEvent: (event: CloudEvent) => void;
  readonly clock?: Clock;
  /** The way through a proxy to the issuer of a route's tokens, where one stands before it. */
  readonly agentFor?: (url: URL) => Agent | undefined;
  /** Asked for every post to the relay; undefined delivers it as usual. */
  readonly faults?: (post: RelayPost) => RelayFault | undefined;
}

/** An init phase that failed, a crash or a timeout of a stub's process. */
export interface StubFailure {
  /** As Lambda names it, e.g. `Runtime.ExitError`, or what the stub's init phase threw. */
  readonly errorType: string;
  readonly message: string;
  /** What it printed last: of its last invocation or its init phase the last line that names an error, else the last. */
  readonly lastLine: string | undefined;
}

/** Where an invocation came from, beside HTTP; `lambda` is Invoke with type Event. */
export type EventSource = Exclude<TriggerSource, 'http' | 'function_url'> | 'lambda';

export type CloudEvent =
  /** A message, an object, a record was taken; `functionNames` are those that get it, none where nobody wants it. */
  | {
      readonly type: 'published';
      readonly source: EventSource;
      /** The topic's, queue's, bus's, bucket's, table's or stream's name. */
      readonly resource: string;
      /** As the publisher got it: message id, event id, object key or sequence number. */
      readonly id: string;
      readonly functionNames: readonly string[];
    }
  /** A function failed and is tried again after `delayMs`. */
  | {
      readonly type: 'retry';
      readonly source: EventSource;
      readonly resource: string;
      readonly functionName: string;
      /** Lambda's request id of the attempt that failed. */
      readonly id: string;
      /** The one that failed, from 1. */
      readonly attempt: number;
      /** At most so many; undefined where there is no bound. */
      readonly attempts: number | undefined;
      readonly delayMs: number;
      readonly reason: string;
    }
  /** A function does not get this any more. */
  | {
      readonly type: 'dead_letter';
      readonly source: EventSource;
      readonly resource: string;
      readonly functionName: string;
      /** Of the messages or records; of the invocation where its source gives none. */
      readonly ids: readonly string[];
      readonly attempts: number;
      readonly reason: string;
      /** The queue they were moved to, where there is one. */
      readonly deadLetterQueue?: string;
    }
  | { readonly type: 'stub_log'; readonly functionName: string; readonly message: string }
  /** A line of a wrapped function: of its deployed code, or of the wrapper. */
  | { readonly type: 'deployed_log'; readonly functionName: string; readonly message: string }
  /** An init phase, a crash or a timeout of a wrapped function's deployed code. */
  | ({ readonly type: 'deployed_failed'; readonly functionName: string } & StubFailure)
  /** A stub's process failed: not the function behind it, whose errors are answers. */
  | ({ readonly type: 'stub_failed'; readonly functionName: string } & StubFailure)
  /** A call over HTTP was refused before it reached the function; reported once for each kind of caller. */
  | {
      readonly type: 'refused';
      readonly functionName: string;
      readonly from: 'page' | 'user' | 'gone';
      /** Of the page, where its browser says it. */
      readonly origin: string | undefined;
    };

/** A running cloud. All of it binds 127.0.0.1 only. */
export interface Cloud {
  /** Base URL of the HTTP front, e.g. `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Where each function answers over HTTP. */
  readonly functionUrls: ReadonlyMap<string, string>;
  /** Lambda's function URL of each function that has one. */
  readonly ownUrls: ReadonlyMap<string, string>;
  /** What to publish to, by function; the ids are what `endpointUrl` knows them by. */
  readonly triggerTargets: ReadonlyMap<string, TriggerTargets>;
  readonly region: string;
  /** The own variables of each function as it is deployed, the endpoints of this cloud included. */
  readonly variables: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Where SDKs find it, by variable: `AWS_ENDPOINT_URL`, and Kinesis's own where a trigger asks for a stream. */
  readonly endpointVariables: Readonly<Record<string, string>>;
  /** What `AWS_ENDPOINT_URL` would be: relay, directory and Lambda's Invoke API in one place. */
  readonly endpointUrl: string;
  /** The relay's stage URL, e.g. `http://127.0.0.1:4001/live`: the socket connects there (as ws), posts go to `/@connections/{id}` below it. */
  readonly relayUrl: string;
  /** DynamoDB endpoint of the directory. */
  readonly directoryUrl: string;
  readonly tableName: string;
  /** What a developer's SSO session would give: may serve, and read what the deployer wrote. */
  readonly developerCredentials: Credentials;
  /** What a stub's process has, and so the code of the function behind it. */
  readonly stubCredentials: Credentials;
  /** Terraform's: may write all of the directory. */
  readonly deployerCredentials: Credentials;
  /**
   * Invokes a deployed function with an event's JSON text and waits for its answer; function errors, crashes and
   * timeouts are outcomes. Rejects with LD_CONFIG for a name that is not deployed, with LD_STOPPED after `close`.
   */
  invoke(functionName: string, payload: Uint8Array): Promise<Outcome>;
  /**
   * Lets HTTP answers on their way through, for a second at most, then ends every socket, server and stub process;
   * resolves when they are gone.
   */
  close(): Promise<void>;
}
