// `livectl trigger lambda`, and what `livectl invoke` does: a plain invocation.
import type { Aws } from './aws.ts';
import type { Published, Source } from './source.ts';

export const lambda: Source<unknown> = {
  flags: ['payload', 'async'],
  missing: () => [],
  async publish(given, { lambdaName }, aws) {
    const payload = (await given.json('payload')) ?? '{}';
    return invokeFunction(lambdaName, payload, given.has('async') ? 'Event' : 'RequestResponse', aws);
  },
};

/** `RequestResponse` waits for the function, `Event` does not. Rejects with a LiveDebugError. */
export async function invokeFunction(
  lambdaName: string,
  payload: string,
  invocationType: 'RequestResponse' | 'Event',
  aws: Aws,
): Promise<Published> {
  const output = await aws.call('lambda:InvokeFunction', lambdaName, (calls) =>
    calls.invoke({
      FunctionName: lambdaName,
      InvocationType: invocationType,
      Payload: Buffer.from(payload),
    }),
  );
  const requestId = output.$metadata.requestId ?? '';
  const published = { to: lambdaName, ids: { request_id: requestId }, traces: [requestId] };
  if (invocationType === 'Event') return published;
  const body = output.Payload ?? new Uint8Array(0);
  const { FunctionError: functionError } = output;
  return { ...published, answer: functionError === undefined ? { body } : { functionError, body } };
}
