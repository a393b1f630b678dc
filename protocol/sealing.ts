// Authenticates and encrypts messages: HPKE (RFC 9180) agrees on keys once, AES-256-GCM seals every chunk.
//
// A client publishes a public key in its directory item. A sender makes one key agreement with it, and both export one key
// per direction: only the holder of the private key can read, and only it can answer. The stage's secret is part of the
// agreement (PSK mode), which proves that the sender has it.
import { createCipheriv, createDecipheriv, randomBytes, type webcrypto } from 'node:crypto';
import { CipherSuite, DhkemP256HkdfSha256, ExportOnly, HkdfSha256 } from '@hpke/core';
import type { StageSecret } from './stage-secret.ts';

const suite = new CipherSuite({
  kem: new DhkemP256HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new ExportOnly(),
});

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** What sealing adds to a chunk, in bytes. */
export const sealOverheadBytes = nonceBytes + tagBytes;

/** A client's key pair: created by each process, kept in memory only. */
export interface ClientKeys {
  /** Uncompressed P-256 point, base64, as published in the directory. */
  readonly publicKey: string;
  readonly pair: webcrypto.CryptoKeyPair;
}

/** The two keys of one sender and one client; `seal` is this end's direction. */
export interface Channel {
  /** The sender's encapsulated key, base64; identifies the channel of a message. */
  readonly enc: string;
  /** The id of the stage's secret in the agreement; undefined if there is none, so that anybody may be the sender. */
  readonly secretId: string | undefined;
  /** What the other end accepts beyond the messages of 0.1.0 (`abilities`), as far as it has announced it. */
  understands: readonly string[];
  /** Returns nonce, ciphertext and tag. A random 96-bit nonce allows 2^32 messages per key (NIST SP 800-38D, 8.3). */
  seal(header: string, plaintext: Uint8Array): Buffer;
  /** The plaintext, or undefined if any bit of header or chunk differs from what was sealed with this channel's key. */
  open(header: string, sealed: Uint8Array): Buffer | undefined;
}

export async function generateClientKeys(): Promise<ClientKeys> {
  const pair = await suite.kem.generateKeyPair();
  const raw = await suite.kem.serializePublicKey(pair.publicKey);
  return { publicKey: Buffer.from(raw).toString('base64'), pair };
}

/**
 * The sender's end of a channel to the client that owns `publicKey`. Both ends must give the same `stage`, and either the
 * same `secret` or none. Takes 2 to 6 ms. Rejects if the key is not a point on P-256.
 */
export async function channelToClient(
  publicKey: string,
  stage: string,
  secret: StageSecret | undefined,
): Promise<Channel> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(fromBase64(publicKey));
  const sender = await suite.createSenderContext({
    recipientPublicKey,
    info: infoOf(stage),
    ...pskOf(secret),
  });
  const [toClient, fromClient] = await exportKeys(sender);
  return new AesChannel(Buffer.from(sender.enc).toString('base64'), secret?.id, toClient, fromClient);
}

/**
 * The client's end of the channel whose sender announced `enc`, and either `secret` or none. Rejects if `enc` is not a point
 * on P-256. The first chunk that opens proves that the sender has the secret.
 */
export async function channelFromSender(
  keys: ClientKeys,
  enc: string,
  stage: string,
  secret: StageSecret | undefined,
): Promise<Channel> {
  const recipient = await suite.createRecipientContext({
    recipientKey: keys.pair,
    enc: fromBase64(enc),
    info: infoOf(stage),
    ...pskOf(secret),
  });
  const [toClient, fromClient] = await exportKeys(recipient);
  return new AesChannel(enc, secret?.id, fromClient, toClient);
}

class AesChannel implements Channel {
  readonly enc: string;
  readonly secretId: string | undefined;
  understands: readonly string[] = [];
  readonly #sealKey: Buffer;
  readonly #openKey: Buffer;

  constructor(enc: string, secretId: string | undefined, sealKey: Buffer, openKey: Buffer) {
    this.enc = enc;
    this.secretId = secretId;
    this.#sealKey = sealKey;
    this.#openKey = openKey;
  }

  seal(header: string, plaintext: Uint8Array): Buffer {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#sealKey, nonce);
    cipher.setAAD(Buffer.from(header));
    return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  open(header: string, sealed: Uint8Array): Buffer | undefined {
    if (sealed.length < sealOverheadBytes) return undefined;
    const tagAt = sealed.length - tagBytes;
    const decipher = createDecipheriv('aes-256-gcm', this.#openKey, sealed.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(Buffer.from(header));
    decipher.setAuthTag(sealed.subarray(tagAt));
    const plaintext = decipher.update(sealed.subarray(nonceBytes, tagAt));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return plaintext;
  }
}

/** Binds the keys to this protocol and one stage, so that messages of another stage do not open. */
function infoOf(stage: string): ArrayBuffer {
  return toArrayBuffer(Buffer.from(`live-debug/1 ${stage}`));
}

/** PSK mode with a secret, base mode without. */
function pskOf(secret: StageSecret | undefined): { psk?: { id: ArrayBuffer; key: ArrayBuffer } } {
  if (secret === undefined) return {};
  return { psk: { id: toArrayBuffer(Buffer.from(secret.id)), key: toArrayBuffer(Buffer.from(secret.key)) } };
}

async function exportKeys(context: {
  export(label: ArrayBuffer, length: number): Promise<ArrayBuffer>;
}): Promise<[toClient: Buffer, fromClient: Buffer]> {
  const toClient = await context.export(toArrayBuffer(Buffer.from('to client')), keyBytes);
  const fromClient = await context.export(toArrayBuffer(Buffer.from('from client')), keyBytes);
  return [Buffer.from(toClient), Buffer.from(fromClient)];
}

function fromBase64(text: string): ArrayBuffer {
  return toArrayBuffer(Buffer.from(text, 'base64'));
}

/** A copy of exactly these bytes: small Buffers share a larger ArrayBuffer. */
function toArrayBuffer(bytes: Buffer): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
