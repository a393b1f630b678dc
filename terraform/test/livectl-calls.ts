// What livectl asks of the directory while it serves, as IAM sees it: recorded from its own code.
import * as v from 'valibot';
import { layerVersion } from '../../cli/src/layers/layer-version.ts';
import { parseLayerArn } from '../../cli/src/manifest/layer-arn.ts';
import { readManifestDocument } from '../../cli/src/manifest/manifest-document.ts';
import { Lease, type LeaseOptions } from '../../cli/src/relay/lease.ts';
import { OwnTunnelItem } from '../../cli/src/tunnel/tunnel-item.ts';
import { systemClock } from '../../protocol/clock.ts';
import { Directory } from '../../protocol/directory.ts';
import type { HttpRequest, HttpResponse } from '../../protocol/http-attempt.ts';
import { HttpClient } from '../../protocol/http-client.ts';

const named = v.optional(v.record(v.string(), v.unknown()), {});
const inputSchema = v.object({
  Key: named,
  Item: named,
  ExpressionAttributeNames: v.optional(v.record(v.string(), v.string()), {}),
  ExpressionAttributeValues: named,
});

/** One call, with the condition keys that DynamoDB fills in of it. */
export interface DirectoryCall {
  readonly action: string;
  readonly context: Readonly<Record<string, readonly string[]>>;
}

/**
 * `dynamodb:LeadingKeys` is the partition of the item or query; `dynamodb:Attributes` are the top-level attributes that a
 * request names: the item's or the key's, and those in its expressions (Amazon DynamoDB Developer Guide, "Using IAM
 * policy conditions for fine-grained access control").
 */
export function directoryCall(operation: string, input: unknown): DirectoryCall {
  const { Key, Item, ExpressionAttributeNames, ExpressionAttributeValues } = v.parse(inputSchema, input);
  const stage = v.parse(
    v.object({ S: v.string() }),
    Key.stage ?? Item.stage ?? ExpressionAttributeValues[':stage'],
  );
  const attributes = new Set([
    ...Object.keys(Key),
    ...Object.keys(Item),
    ...Object.values(ExpressionAttributeNames),
  ]);
  return {
    action: `dynamodb:${operation}`,
    context: { 'dynamodb:LeadingKeys': [stage.S], 'dynamodb:Attributes': [...attributes] },
  };
}

const holder = {
  session: 'session-1',
  user: 'ada',
  host: 'ada-laptop',
  caller: 'arn:aws:iam::123456789012:user/ada',
  version: '0.2.0',
  publicKey: 'BAAA',
};

/** Every call of a livectl for the item of a tunnel: before its function starts, while it runs, and at its end. */
export async function tunnelCalls(stage: string): Promise<DirectoryCall[]> {
  const calls: DirectoryCall[] = [];
  const item = new OwnTunnelItem({
    directory: {
      call: async (operation, input) => {
        calls.push(directoryCall(operation, input));
        return {};
      },
    },
    stage,
    id: 'AAAAAAAAAAAAAAAAAAAAAA',
    name: 'default',
    holder,
    isSeptets: true,
    facts: () => ({ state: 'running', streams: 1, bytes: 10, cost: 0.01 }),
    clock: systemClock,
  });
  await item.put('connection-1=');
  item.publish();
  await item.remove();
  return calls;
}

/** Every call of a livectl that starts, takes a stage from somebody or observes it, renews its lease and stops. */
export async function livectlCalls(
  stage: string,
  served: Pick<LeaseOptions, 'functions' | 'filters' | 'observe'> = { functions: undefined },
): Promise<DirectoryCall[]> {
  const calls: DirectoryCall[] = [];
  const http = new HttpClient();
  class Recording extends Directory {
    override async call(operation: string, input: Readonly<Record<string, unknown>>): Promise<unknown> {
      calls.push(directoryCall(operation, input));
      return {};
    }
  }
  const directory = new Recording({
    endpoint: 'http://127.0.0.1:9',
    region: 'eu-west-1',
    tableName: `live-debug-${stage}`,
    http,
    credentials: () => ({ accessKeyId: 'none', secretAccessKey: 'none' }),
    clock: systemClock,
  });
  const lease = new Lease({
    directory,
    stage,
    ...served,
    holder,
    clock: systemClock,
    noTakeover: false,
    onLost: () => undefined,
    onTrouble: () => undefined,
  });
  try {
    await readManifestDocument(directory, stage);
    await directory.clients(stage);
    await lease.take('connection-1=');
    await lease.check();
    await lease.release();
  } finally {
    http.close();
  }
  return calls;
}

/** Every call of a livectl that fetches the layers with these ARNs, which Lambda knows nothing of. */
export async function layerCalls(
  layers: readonly string[],
): Promise<{ readonly action: string; readonly resource: string }[]> {
  const calls: { readonly action: string; readonly resource: string }[] = [];
  class Recording extends HttpClient {
    override async send({ method, url }: HttpRequest): Promise<HttpResponse> {
      // GetLayerVersionByArn has no action of its own (Service Authorization Reference, "AWS Lambda").
      const isByArn = method === 'GET' && url.searchParams.get('find') === 'LayerVersion';
      calls.push({
        action: isByArn ? 'lambda:GetLayerVersion' : `${method} ${url.pathname}`,
        resource: url.searchParams.get('Arn') ?? '',
      });
      return { status: 404, headers: {}, body: Buffer.from('{}') };
    }
  }
  const http = new Recording();
  for (const arn of layers) {
    const layer = parseLayerArn(arn);
    if (layer === undefined) throw new Error(`${arn} is not the ARN of a layer version`);
    const credentials = async () => ({ accessKeyId: 'none', secretAccessKey: 'none' });
    const connection = { credentials, http, clock: systemClock, profile: undefined };
    await layerVersion(layer, connection).catch(() => undefined);
  }
  return calls;
}
