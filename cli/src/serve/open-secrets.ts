// What the senders of a served stage prove themselves with: read at the start, or its absence told.
import { systemClock } from '../../../protocol/clock.ts';
import type { Directory } from '../../../protocol/directory.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import type { StageSecret } from '../../../protocol/stage-secret.ts';
import { readStageSecret } from '../manifest/stage-secret-item.ts';
import { StageSecrets } from '../relay/stage-secrets.ts';
import type { SessionEvent } from '../session/session-event.ts';

/**
 * Reads the secret of a stage, unless it is `asked` for already. A stage of module 0.1 (`isOfModule01`) has none and is served all the same, which is
 * said once. Rejects with LD_STAGE where another one has none, and with what the directory says.
 */
export async function openSecrets(
  directory: Directory,
  stage: string,
  isOfModule01: boolean,
  emit: (event: SessionEvent) => void,
  asked?: Promise<StageSecret | undefined>,
): Promise<StageSecrets> {
  const read = () => readStageSecret(directory, stage);
  const initial = isOfModule01 ? undefined : await (asked ?? read());
  if (isOfModule01) {
    emit({
      event: 'notice',
      message: `stage ${stage} uses module 0.1, which does not authenticate invocations: anyone with a stub’s credentials can send them; apply module 0.2`,
    });
  } else if (initial === undefined) {
    throw new LiveDebugError('LD_STAGE', `table ${directory.tableName} has no secret for stage ${stage}`, {
      remedy: 'apply the Terraform module again: it writes the secret beside the manifest',
    });
  }
  return new StageSecrets({ initial, read, clock: systemClock });
}
