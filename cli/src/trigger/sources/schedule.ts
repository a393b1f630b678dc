// `livectl trigger schedule`: the rule's event, now. EventBridge cannot be asked to fire a rule, so the function is invoked as the
// rule does: asynchronously, with the same event.
import { scheduledEvent } from '../../manifest/scheduled-event.ts';
import type { Source } from './source.ts';

export const schedule: Source<'schedule'> = {
  flags: [],
  missing: () => [],
  async publish(_given, { lambdaName, qualifier, resource }, aws) {
    const payload = resource.input ?? JSON.stringify(scheduledEvent(resource.rule_arn, Date.now()));
    const output = await aws.call('lambda:InvokeFunction', lambdaName, (calls) =>
      calls.invoke({
        FunctionName: lambdaName,
        Qualifier: qualifier,
        InvocationType: 'Event',
        Payload: Buffer.from(payload),
      }),
    );
    const requestId = output.$metadata.requestId ?? '';
    return {
      to: lambdaName,
      ids: { request_id: requestId, rule: resource.rule_arn },
      traces: [requestId],
    };
  },
};
