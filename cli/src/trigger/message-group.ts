// FIFO topics and queues order messages by their group, and take none without one.
import type { Given } from './given.ts';
import type { Missing } from './source.ts';

/** `--group`, where the name or ARN is a FIFO's and none was given. */
export function missingGroup(given: Given, name: string): Missing[] {
  if (!name.endsWith('.fifo') || given.has('group')) return [];
  return [{ flag: 'group', question: 'Message group (the topic or queue is FIFO)' }];
}
