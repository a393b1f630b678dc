// The manifest item of a stage, as the Terraform module writes it into the table: for tests that stand in for it.

import { manifestPartition } from '../../../protocol/directory.ts';

/** `triggers` by function. */
export type TestTriggers = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** In DynamoDB's JSON. */
export function manifestItem(
  stage: string,
  relayUrl: string,
  triggers: TestTriggers,
): { stage: { S: string }; item: { S: string }; document: { S: string } } {
  const functions = Object.fromEntries(
    Object.entries(triggers).map(([name, sources]) => [
      name,
      {
        function_name: name,
        handler: 'app.handler',
        runtime: 'nodejs20.x',
        timeout: 5,
        memory_size: 128,
        triggers: sources,
      },
    ]),
  );
  const document = { version: 1, stage, region: 'us-east-1', relay: { url: relayUrl }, functions };
  return {
    stage: { S: manifestPartition(stage) },
    item: { S: 'manifest' },
    document: { S: JSON.stringify(document) },
  };
}
