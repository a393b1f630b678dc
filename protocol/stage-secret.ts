// The secret by which a stage's stubs authenticate to its clients: the pre-shared key of HPKE's PSK mode.
import { createHash } from 'node:crypto';

/** A stage's secret. Terraform creates it; stubs have it as a variable, clients read it from the directory. */
export interface StageSecret {
  /** Identifies the key in the clear without revealing anything of it: 12 characters of base64url from a hash. */
  readonly id: string;
  /** 256 random bits: RFC 9180, 9.5, requires at least 32 bytes of entropy. */
  readonly key: Uint8Array;
}

/** The form of {@link StageSecret.id}. */
export const secretIdPattern = /^[A-Za-z0-9_-]{12}$/;

/** The form of Terraform's text: 32 bytes in base64. */
export const secretTextPattern = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/** Parses Terraform's text; undefined if it does not match {@link secretTextPattern}. */
export function parseStageSecret(text: string): StageSecret | undefined {
  return secretTextPattern.test(text) ? stageSecretOf(text) : undefined;
}

/** The secret in a text that matches {@link secretTextPattern}. */
export function stageSecretOf(text: string): StageSecret {
  const key = Buffer.from(text, 'base64');
  const hash = createHash('sha256').update('live-debug/1 secret id\n').update(key).digest();
  return { id: hash.subarray(0, 9).toString('base64url'), key };
}
