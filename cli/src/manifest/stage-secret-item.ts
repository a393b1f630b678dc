// The stage's secret as the Terraform module wrote it into the directory, beside the manifest.
import * as v from 'valibot';
import { type Directory, manifestPartition, secretItem } from '../../../protocol/directory.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { parseStageSecret, type StageSecret } from '../../../protocol/stage-secret.ts';

const outputSchema = v.object({ Item: v.optional(v.object({ secret: v.object({ S: v.string() }) })) });

/**
 * Reads the secret; undefined if the stage has none. Rejects with LD_STAGE for an item without a secret, and with the directory's
 * errors. No error contains the secret.
 */
export async function readStageSecret(directory: Directory, stage: string): Promise<StageSecret | undefined> {
  const output = await directory.call('GetItem', {
    Key: { stage: { S: manifestPartition(stage) }, item: { S: secretItem } },
    ConsistentRead: true,
  });
  const parsed = v.safeParse(outputSchema, output);
  if (parsed.success && parsed.output.Item === undefined) return undefined;
  const secret = parsed.success ? parseStageSecret(parsed.output.Item?.secret.S ?? '') : undefined;
  if (secret) return secret;
  throw new LiveDebugError(
    'LD_STAGE',
    `the secret of stage ${stage} in table ${directory.tableName} is not 32 bytes in base64`,
    { remedy: 'apply the Terraform module: it writes the secret' },
  );
}
