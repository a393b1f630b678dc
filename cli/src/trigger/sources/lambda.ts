// `livectl trigger lambda` and `livectl invoke`: a direct invocation.
import type { Aws } from '../aws.ts';
import type { Published, Source } from './source.ts';

export const lambda: Source<'lambda'> = {
  flags: ['payload', 'async', 'qualifier'],
  missing: () => [],
  async publish(given, { lambdaName, qualifier }, aws) {
    const payload = (await given.json('payload')) ?? '{}';
    const invocationType = given.has('async') ? 'Event' : 'RequestResponse';
    return invokeFunction(
      { lambdaName, qualifier: given.text('qualifier') ?? qualifier, payload, invocationType },
      aws,
    );
  },
};

/** One call of Lambda's Invoke. */
export interface Invocation {
  /** Name or ARN. */
  readonly lambdaName: string;
  /** A version, an alias or `$LATEST`; undefined: the function as it is. */
  readonly qualifier: string | undefined;
  /** JSON text. */
  readonly payload: string;
  /** `RequestResponse` waits for the function, `Event` does not. */
  readonly invocationType: 'RequestResponse' | 'Event';
  /** JSON text. */
  readonly clientContext?: string | undefined;
}

/** Rejects with a LiveDebugError. */
export async function invokeFunction(
  { clientContext, invocationType, lambdaName, payload, qualifier }: Invocation,
  aws: Aws,
): Promise<Published> {
  const output = await aws.call('lambda:InvokeFunction', lambdaName, (calls) =>
    calls.invoke({
      FunctionName: lambdaName,
      Qualifier: qualifier,
      InvocationType: invocationType,
      Payload: Buffer.from(payload),
      ...(clientContext === undefined
        ? {}
        : { ClientContext: Buffer.from(clientContext).toString('base64') }),
    }),
  );
  const requestId = output.$metadata.requestId ?? '';
  // The invocations of a durable execution have their own ids.
  const traces = [
    requestId,
    ...(output.DurableExecutionArn === undefined ? [] : [output.DurableExecutionArn]),
  ];
  const to = qualifier === undefined ? lambdaName : `${lambdaName}:${qualifier}`;
  const published = { to, ids: { request_id: requestId }, traces };
  if (invocationType === 'Event') return published;
  const body = output.Payload ?? new Uint8Array(0);
  const { FunctionError: functionError } = output;
  return { ...published, answer: functionError === undefined ? { body } : { functionError, body } };
}
