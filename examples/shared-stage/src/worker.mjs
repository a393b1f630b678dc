import { version } from './version.mjs';

export async function handler({ Records }) {
  const batchItemFailures = [];
  for (const { body, messageId } of Records) {
    try {
      const { item, takenBy } = JSON.parse(body);
      console.log(`${item} for order ${messageId}: taken by ${takenBy}, made by ${version}`);
    } catch (error) {
      console.error(`order ${messageId} comes again`, error);
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  // The messages that come again, and no others: so a batch can be split among those whose orders it has.
  return { batchItemFailures };
}
