// What a plan of many functions costs: the processor time of the module against that of the same resources written by hand.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingTool, moduleFolder, testBoundMs, Workspace } from './terraform-cli.ts';

const skipped = missingTool('terraform', 'python3');

const count = 100;
/** The goal. Plans that grew with the square of the functions were above 4 here. */
const mostTimesByHand = 1.5;

/** Nothing is asked of AWS. */
const offline = `
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}
`;

/** Runs a command and prints the user time of it and all its children, in seconds. */
const timed = `
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime)
`;

const triggers: readonly ((index: number) => object)[] = [
  (index) => ({ http: { path: `/items-${index}/{id}` } }),
  () => ({ sqs: {} }),
  () => ({ sns: {} }),
  (index) => ({ eventbridge: { event_pattern: JSON.stringify({ source: [`shop.${index}`] }) } }),
  () => ({ schedule: { schedule_expression: 'rate(5 minutes)' } }),
  () => ({ http: {} }),
  () => ({ s3: {} }),
  () => ({ dynamodb: {} }),
  () => ({}),
  (index) => ({
    http: { path: `/report-${index}`, method: 'GET' },
    schedule: { schedule_expression: 'rate(1 day)' },
  }),
];

const functions = Object.fromEntries(
  Array.from({ length: count }, (_, index) => [
    `fn-${index}`,
    {
      handler: 'src/orders.handler',
      runtime: 'nodejs22.x',
      environment: { GREETING: 'hi', TABLE: 'orders' },
      triggers: triggers[index % triggers.length]?.(index),
    },
  ]),
);

describe.skipIf(skipped)(`a plan of ${count} functions${skipped ? ` (${skipped})` : ''}`, () => {
  const many = 'terraform/test/fixtures/many';
  const plain = 'terraform/test/fixtures/plain';
  let workspace: Workspace;

  beforeAll(async () => {
    workspace = new Workspace([moduleFolder, many, plain]);
    for (const root of [many, plain]) {
      writeFileSync(join(workspace.path(root), 'livectl.json'), JSON.stringify({ functions }));
      writeFileSync(join(workspace.path(root), 'provider.tf'), offline);
      await workspace.succeed(root, 'init');
    }
  }, testBoundMs);

  afterAll(() => workspace?.remove());

  function userSeconds(root: string): number {
    const plan = ['terraform', 'plan', '-input=false', '-out=plan.bin'];
    return Number(
      execFileSync('python3', ['-c', timed, ...plan], { cwd: workspace.path(root), encoding: 'utf8' }),
    );
  }

  it(
    `takes at most ${mostTimesByHand} times the processor time of its resources written by hand`,
    async () => {
      const byHand = userSeconds(plain);
      const ofModule = userSeconds(many);
      const resources = async (root: string) =>
        JSON.parse(await workspace.succeed(root, 'show', '-json', 'plan.bin')).resource_changes
          .length as number;
      // The module's are those, with the relay, the directory and what is one for the stage.
      const [handmade, made] = [await resources(plain), await resources(many)];
      expect(made).toBeGreaterThan(handmade);
      expect(made - handmade).toBeLessThan(30);
      expect(ofModule / byHand).toBeLessThan(mostTimesByHand);
    },
    testBoundMs,
  );
});
