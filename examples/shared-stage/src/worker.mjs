import { version } from './version.mjs';

export async function handler({ Records }) {
  for (const { body, messageId } of Records) {
    const { item, takenBy } = JSON.parse(body);
    console.log(`${item} for order ${messageId}: taken by ${takenBy}, made by ${version}`);
  }
}
