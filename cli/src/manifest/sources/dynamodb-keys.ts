// The key of a changed item as one string, whatever the order of its attributes.

/** `keys` in DynamoDB's JSON, e.g. `{"id":{"S":"1"}}`, with bytes as base64. */
export function keysTrace(keys: Readonly<Record<string, unknown>>): string {
  const sorted = Object.entries(keys).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted));
}
