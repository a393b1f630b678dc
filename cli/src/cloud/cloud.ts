// The embedded cloud of `serve --local`: its contract with the serve command. See docs/local-cloud.md.
import type { Clock } from '../../../protocol/clock.ts';

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
  readonly http: { readonly path: string; readonly method: string } | undefined;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export interface CloudOptions {
  readonly functions: readonly CloudFunction[];
  /** Port of the HTTP front on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  readonly stage: string;
  /** The built stub, as Terraform would upload it. */
  readonly stubZip: Uint8Array;
  /** The built Node runtime client, which runs the stub as it runs handlers. */
  readonly nodeRuntimeFile: string;
  /** A private folder (0700) for unpacked code; the caller removes it after `close`. */
  readonly tempDir: string;
  /** What happens in the cloud that a person should know, e.g. a line the stub logged. */
  readonly onEvent: (event: CloudEvent) => void;
  readonly clock?: Clock;
}

export type CloudEvent =
  | { readonly type: 'stub_log'; readonly functionName: string; readonly message: string }
  | { readonly type: 'http'; readonly functionName: string; readonly id: string; readonly method: string; readonly path: string; readonly status: number; readonly ms: number };

/** A running cloud. All of it binds 127.0.0.1 only. */
export interface Cloud {
  /** Base URL of the HTTP front, e.g. `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Where each function answers over HTTP. */
  readonly functionUrls: ReadonlyMap<string, string>;
  readonly region: string;
  /** The relay's stage URL, e.g. `http://127.0.0.1:4001/live`: the socket connects there (as ws), posts go to `/@connections/{id}` below it. */
  readonly relayUrl: string;
  /** DynamoDB endpoint of the directory. */
  readonly directoryUrl: string;
  readonly tableName: string;
  /** What a developer's SSO session would give: may serve, may write the directory. */
  readonly developerCredentials: Credentials;
  /** Ends every socket, server and stub process; resolves when they are gone. */
  close(): Promise<void>;
}
