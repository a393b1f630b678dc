// What a stage's stubs prove themselves with towards its clients: the pre-shared key of HPKE's PSK mode.
import { createHash } from 'node:crypto';

/** A stage's secret. Terraform makes it; stubs have it as a variable, clients read it from the directory. */
export interface StageSecret {
  /** Names it in the clear, by a hash of which nothing of the key can be learned: 12 characters of base64url. */
  readonly id: string;
  /** 256 random bits: RFC 9180, 9.5 wants 32 bytes of entropy at least. */
  readonly key: Uint8Array;
}

/** The form of {@link StageSecret.id}. */
export const secretIdPattern = /^[A-Za-z0-9_-]{12}$/;

/** What Terraform makes: 32 bytes in base64. */
export const secretTextPattern = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/** Parses the text that Terraform made; undefined where it is not of {@link secretTextPattern}. */
export function parseStageSecret(text: string): StageSecret | undefined {
  return secretTextPattern.test(text) ? stageSecretOf(text) : undefined;
}

/** The secret of a text of {@link secretTextPattern}. */
export function stageSecretOf(text: string): StageSecret {
  const key = Buffer.from(text, 'base64');
  const hash = createHash('sha256').update('live-debug/1 secret id\n').update(key).digest();
  return { id: hash.subarray(0, 9).toString('base64url'), key };
}
