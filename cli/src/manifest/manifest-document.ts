// The manifest's text as the Terraform module wrote it into the directory, wherever the module's version put it.
import * as v from 'valibot';
import {
  type Directory,
  DirectoryRefusal,
  manifestItem,
  manifestPartition,
} from '../../../protocol/directory.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';

/** The manifest's JSON, not yet parsed. */
interface ManifestDocument {
  readonly text: string;
  /** Written by module 0.1: it is where developers can write, and its stage has no secret. */
  readonly isOfModule01: boolean;
}

const itemSchema = v.object({ Item: v.optional(v.object({ document: v.object({ S: v.string() }) })) });

/** What later modules leave in the old place for livectl 0.1: a manifest with the address of the new one. */
const movedSchema = v.pipe(v.string(), v.parseJson(), v.object({ moved_to: v.string() }));

/**
 * Reads the manifest from its own partition, or, if that has none, from where module 0.1 put it. Undefined if neither has one.
 * Rejects with LD_STAGE for an item without text, and with the directory's errors. A refusal to read the partition is ignored if
 * the manifest is in the old place, since the developer policy of module 0.1 does not cover the partition.
 */
export async function readManifestDocument(
  directory: Directory,
  stage: string,
): Promise<ManifestDocument | undefined> {
  let refusal: DirectoryRefusal | undefined;
  try {
    const text = await documentIn(manifestPartition(stage), directory, stage);
    if (text !== undefined) return { text, isOfModule01: false };
  } catch (error) {
    if (!(error instanceof DirectoryRefusal && error.type === 'AccessDeniedException')) throw error;
    refusal = error;
  }
  const text = await documentIn(stage, directory, stage);
  if (text !== undefined && !v.is(movedSchema, text)) return { text, isOfModule01: true };
  if (refusal) throw refusal;
  return undefined;
}

async function documentIn(
  partition: string,
  directory: Directory,
  stage: string,
): Promise<string | undefined> {
  const output = await directory.call('GetItem', {
    Key: { stage: { S: partition }, item: { S: manifestItem } },
    ConsistentRead: true,
  });
  const found = v.safeParse(itemSchema, output);
  if (found.success) return found.output.Item?.document.S;
  throw new LiveDebugError(
    'LD_STAGE',
    `the manifest of stage ${stage} in table ${directory.tableName} has no attribute "document" of type S`,
    { remedy: 'apply the Terraform module: it writes the manifest' },
  );
}
