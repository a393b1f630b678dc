// The HTTP API: the public keys of a token's issuer, found by OpenID Connect discovery and cached as by API Gateway.
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import * as v from 'valibot';
import type { Clock } from '../../../../protocol/clock.ts';
import type { HttpClient } from '../../../../protocol/http-client.ts';
import { httpLimits } from '../aws-api/aws-limits.ts';

const configurationSchema = v.object({ jwks_uri: v.pipe(v.string(), v.url()) });
const keysSchema = v.object({ keys: v.array(v.looseObject({ kty: v.string() })) });

interface Kept {
  readonly find: JWTVerifyGetKey;
  readonly at: number;
}

export class IssuerKeys {
  readonly #issuer: string;
  readonly #http: Pick<HttpClient, 'send'>;
  readonly #clock: Pick<Clock, 'now'>;
  #kept: Promise<Kept> | undefined;

  constructor(issuer: string, http: Pick<HttpClient, 'send'>, clock: Pick<Clock, 'now'>) {
    this.#issuer = issuer;
    this.#http = http;
    this.#clock = clock;
  }

  /** The key that a token names. Rejects with jose's error if the issuer has no such key, and with any other if it does not answer. */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    const kept = await this.#read();
    try {
      return await kept.find(header, token);
    } catch (error) {
      // An issuer rotates its keys. How often it is asked is limited, since anybody can send a token with an invented key id.
      const isOld = this.#clock.now() - kept.at >= httpLimits.issuerPauseMs;
      if (!(error instanceof errors.JWKSNoMatchingKey) || !isOld) throw error;
      this.#kept = undefined;
      return (await this.#read()).find(header, token);
    }
  };

  async #read(): Promise<Kept> {
    const kept = await this.#kept?.catch(() => undefined);
    if (kept && this.#clock.now() - kept.at < httpLimits.issuerKeysMs) return kept;
    this.#kept = this.#fetch();
    return this.#kept;
  }

  async #fetch(): Promise<Kept> {
    const configuration = `${this.#issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const { jwks_uri: address } = v.parse(configurationSchema, await this.#json(new URL(configuration)));
    const { keys } = v.parse(keysSchema, await this.#json(new URL(address)));
    return { find: createLocalJWKSet({ keys }), at: this.#clock.now() };
  }

  async #json(url: URL): Promise<unknown> {
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw new Error(`${url.href} is not a web address`);
    const headers = { accept: 'application/json' };
    const { body, status } = await this.#http.send({
      method: 'GET',
      url,
      headers,
      timeoutMs: httpLimits.issuerMs,
    });
    if (status !== 200) throw new Error(`${url.href} answered ${status}`);
    if (body.length > httpLimits.issuerKeysBytes)
      throw new Error(`${url.href} answered ${body.length} bytes`);
    return JSON.parse(body.toString('utf8'));
  }
}
