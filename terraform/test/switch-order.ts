// In which order Terraform switches your own functions to live and back: what they need exists as long as they do.
import { expect } from 'vitest';
import { type ApplyStep, stepIndex } from './account.ts';

/** What a stub needs: the relay with all its routes, the table with the secret, and its permissions. */
export const neededByStubs: readonly RegExp[] = [
  /\.aws_apigatewayv2_/,
  /\.aws_dynamodb_table\.this\[/,
  /\.aws_dynamodb_table_item\.secret\[/,
  /\.aws_iam_role_policy\.given\[/,
];

/** The addresses of an action on what functions need; fails where a kind is missing. */
function neededIn(steps: readonly ApplyStep[], action: string, kinds: readonly RegExp[]): string[] {
  const addresses = steps
    .filter((step) => step.action === action && step.at === 'start')
    .map(({ address }) => address);
  return kinds.flatMap((kind) => {
    const found = addresses.filter((address) => kind.test(address));
    expect(found, `${action} of ${kind}`).not.toEqual([]);
    return found;
  });
}

/** Each function is updated only once everything exists that it needs while live. */
export function expectSwitchedOn(
  steps: readonly ApplyStep[],
  functions: readonly string[],
  kinds = neededByStubs,
): void {
  for (const address of functions) {
    const switched = stepIndex(steps, { at: 'start', action: 'update', address });
    for (const needed of neededIn(steps, 'create', kinds)) {
      const created = stepIndex(steps, { at: 'complete', action: 'create', address: needed });
      expect(created, `${address} switched before ${needed} was created`).toBeLessThan(switched);
    }
  }
}

/** Everything that functions need while live outlives the last of them. */
export function expectSwitchedOff(
  steps: readonly ApplyStep[],
  functions: readonly string[],
  kinds = neededByStubs,
): void {
  for (const address of functions) {
    const back = stepIndex(steps, { at: 'complete', action: 'update', address });
    for (const needed of neededIn(steps, 'delete', kinds)) {
      const gone = stepIndex(steps, { at: 'start', action: 'delete', address: needed });
      expect(gone, `${needed} destroyed before ${address} was back`).toBeGreaterThan(back);
    }
  }
}
