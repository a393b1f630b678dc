// Secrets of stages for tests, as Terraform would make them.
import { createHash } from 'node:crypto';
import { parseStageSecret, type StageSecret } from '../stage-secret.ts';

/** 32 bytes in base64, the same for the same name. */
export function secretText(name: string): string {
  return createHash('sha256').update(name).digest('base64');
}

export function secretOf(name: string): StageSecret {
  const secret = parseStageSecret(secretText(name));
  if (secret === undefined) throw new Error('the test made no secret');
  return secret;
}

/** The one of the stage that a test stands in. */
export const stageSecretText = secretText('the stage');
export const stageSecret = secretOf('the stage');
