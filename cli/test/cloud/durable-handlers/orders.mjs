// Durable functions with AWS's SDK: steps, a wait, a retry, another function, an error.
import { appendFileSync } from 'node:fs';
import { withDurableExecution } from '@aws/durable-execution-sdk-js';

/** Each run of the code leaves a line, so that a test sees which were replayed. */
const note = (line) => appendFileSync(process.env.NOTES, `${line}\n`);

export const handler = withDurableExecution(async (order, context) => {
  const charged = await context.step('charge', async () => {
    note('charge');
    return { id: order.id, paid: true };
  });
  await context.wait('cool down', { seconds: 1 });
  const shipment = await context.step(
    'ship',
    async (step) => {
      note('ship');
      if (step.attempt === 1) throw new Error('the carrier is busy');
      return 'shipped';
    },
    { retryStrategy: (_error, attempt) => ({ shouldRetry: attempt < 3, delay: { seconds: 1 } }) },
  );
  const [mailed, bill] = await Promise.all([
    context.invoke('mail', 'mail:$LATEST', { to: order.id }),
    context.runInChildContext('bill', (child) => child.step(async () => 'billed')),
  ]);
  return { arn: context.lambdaContext.invokedFunctionArn, charged, shipment, mailed, bill };
});

export const fails = withDurableExecution(async (_event, context) => {
  await context.step(
    async () => {
      throw new TypeError('out of stock');
    },
    { retryStrategy: () => ({ shouldRetry: false }) },
  );
});

export const mail = async ({ to }) => `mailed ${to}`;
