// Fetches a layer version into the cache: asks Lambda for its link, downloads, verifies, unpacks.
import type { Agent } from 'node:http';
import { join } from 'node:path';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { emulatorOf } from '../aws/endpoints.ts';
import type { LayerVersionArn } from '../manifest/layer-arn.ts';
import { download, LinkRefused } from './download.ts';
import type { CachedLayer, LayerCache } from './layer-cache.ts';
import { type LayerConnection, type LayerVersion, layerVersion } from './layer-version.ts';
import { layerBounds, unzipLayer } from './unzip-layer.ts';

export interface FetchConnection extends LayerConnection {
  readonly agentFor: (url: URL) => Agent | undefined;
}

/**
 * `described` is what Lambda said of it before. Rejects as `layerVersion` and `download` do, and with LD_RESOURCE for a zip that
 * cannot be unpacked safely; then nothing is in the cache.
 */
export async function fetchLayer(
  layer: LayerVersionArn,
  described: LayerVersion | undefined,
  cache: LayerCache,
  connection: FetchConnection,
): Promise<CachedLayer> {
  const version = described ?? (await layerVersion(layer, connection));
  if (version.size > layerBounds.bytes) {
    throw new LiveDebugError('LD_RESOURCE', `it has ${version.size} bytes, more than Lambda takes`, {
      remedy: 'name another version',
    });
  }
  const known = cache.record(layer.arn, version.sha256);
  if (known !== undefined) return known;
  return cache.add(layer.arn, version.sha256, async (folder, temporary) => {
    let file = join(temporary, 'layer.zip');
    try {
      await load(version, file);
    } catch (error) {
      if (!(error instanceof LinkRefused)) throw error;
      // The link has expired, as while a question was open. Versions do not change, so the hash is the same.
      const again = await layerVersion(layer, connection);
      file = join(temporary, 'again.zip');
      await load({ ...version, location: again.location }, file);
    }
    return unzipLayer(file, folder).catch((cause: unknown) => {
      throw new LiveDebugError('LD_RESOURCE', `its zip file cannot be unpacked: ${messageOf(cause)}`, {
        remedy: 'name another version of it',
        cause,
      });
    });
  });

  function load({ location, sha256, size }: LayerVersion, file: string): Promise<void> {
    const { agentFor, clock } = connection;
    return download({ url: location, file, sha256, size, emulator: emulatorOf('lambda'), agentFor, clock });
  }
}
