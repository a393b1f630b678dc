// Many requests to AWS with a bound on those under way, since AWS throttles bursts.

/** Calls `ask` for each item, at most `most` at once. Resolves with the answers in the order of the items; rejects as `ask` does. */
export async function fewAtOnce<Item, Answer>(
  items: readonly Item[],
  most: number,
  ask: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const entries = items.entries();
  const askNext = async () => {
    // All share one iterator, so each item is taken once.
    for (const [index, item] of entries) answers[index] = await ask(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, askNext));
  return answers;
}
