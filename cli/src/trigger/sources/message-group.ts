// FIFO topics and queues order messages by their group, and take each deduplication id once in five minutes.
import { randomUUID } from 'node:crypto';
import type { Given } from '../given.ts';
import type { Missing } from './source.ts';

/** `--group`, where the name or ARN is a FIFO's and none was given. */
export function missingGroup(given: Given, name: string): Missing[] {
  if (!name.endsWith('.fifo') || given.has('group')) return [];
  return [{ flag: 'group', question: 'Message group (the topic or queue is FIFO)' }];
}

/** `--deduplication-id`; for a FIFO one of its own by default, since a person who sends again means another message. */
export function deduplicationId(given: Given, name: string): string | undefined {
  return given.text('deduplication-id') ?? (name.endsWith('.fifo') ? randomUUID() : undefined);
}
