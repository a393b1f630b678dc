// FIFO topics and queues order messages by group, and accept each deduplication id once in five minutes.
import { randomUUID } from 'node:crypto';
import type { Given } from '../given.ts';
import type { Missing } from './source.ts';

/** `--group`, if it is missing and the name or ARN is a FIFO topic's or queue's. */
export function missingGroup(given: Given, name: string): Missing[] {
  if (!name.endsWith('.fifo') || given.has('group')) return [];
  return [{ flag: 'group', question: 'Message group (the topic or queue is FIFO)' }];
}

/** `--deduplication-id`; for FIFO a random one by default, since sending again is meant as another message. */
export function deduplicationId(given: Given, name: string): string | undefined {
  return given.text('deduplication-id') ?? (name.endsWith('.fifo') ? randomUUID() : undefined);
}
