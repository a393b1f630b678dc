// S3: a bucket, its objects and the functions that receive their events.

import type { Storage } from '../aws-api/storage.ts';
import type { AsyncEvent } from '../lambda/async-invocations.ts';
import type { Consumer, Resource } from '../triggers/resources.ts';
import { type Happening, objectEvent } from './object-event.ts';

/** A stored object. */
export interface StoredObject {
  readonly content: Buffer;
  /** MD5 of the content, in hex. */
  readonly eTag: string;
  /** Content-Type and similar, and `x-amz-meta-*`, returned unchanged. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

export class Bucket {
  readonly name: string;
  readonly arn: string;
  readonly #consumers: readonly Consumer<'s3'>[];
  readonly #storage: Storage;
  readonly #objects = new Map<string, StoredObject>();

  /** `objects`: what it holds from the beginning. */
  constructor(
    { name, arn, consumers }: Resource<'s3'>,
    storage: Storage,
    objects: ReadonlyMap<string, StoredObject> = new Map(),
  ) {
    this.name = name;
    this.arn = arn;
    this.#consumers = consumers;
    this.#storage = storage;
    for (const [key, object] of objects) this.put(key, object);
  }

  /** Everything that it holds. */
  get objects(): ReadonlyMap<string, StoredObject> {
    return this.#objects;
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  /** Sorted by the UTF-8 bytes of the keys, as in S3. */
  list(): [key: string, object: StoredObject][] {
    return [...this.#objects].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  /** Throws a CloudFullError and keeps the existing object. */
  put(key: string, object: StoredObject): void {
    const before = this.#objects.get(key)?.content.length ?? 0;
    this.#storage.take(object.content.length - before);
    this.#objects.set(key, object);
  }

  delete(key: string): void {
    this.#storage.give(this.#objects.get(key)?.content.length ?? 0);
    this.#objects.delete(key);
  }

  /** The invocations that a change causes. */
  deliveries(happening: Omit<Happening, 'bucket'>, trace: string | undefined): AsyncEvent[] {
    return this.#consumers
      .filter(({ trigger }) => wants(trigger, happening))
      .map(({ functionName }) => ({
        functionName,
        source: 's3',
        resource: this.name,
        payload: Buffer.from(JSON.stringify(objectEvent({ ...happening, bucket: this }, functionName))),
        trace,
        messageId: happening.key,
      }));
  }
}

function wants(trigger: Consumer<'s3'>['trigger'], { name, key }: Pick<Happening, 'name' | 'key'>): boolean {
  const { events, filter_prefix: prefix = '', filter_suffix: suffix = '' } = trigger;
  const named = events.some((each) =>
    each.endsWith('*') ? `s3:${name}`.startsWith(each.slice(0, -1)) : each === `s3:${name}`,
  );
  return named && key.startsWith(prefix) && key.endsWith(suffix);
}
