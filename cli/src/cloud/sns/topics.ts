// SNS, composed: a topic for each that triggers use.
import { accountId, region } from '../aws-api/access.ts';
import type { CloudSource } from '../triggers/cloud-source.ts';
import { existing } from '../triggers/resources.ts';
import { Topic } from './topic.ts';
import { createTopicApi } from './topic-api.ts';

export const sns: CloudSource<'sns'> = {
  identify({ topic_arn, topic_name }, { functionName, prefix }) {
    if (topic_arn !== undefined) return existing(topic_arn, ':');
    const name = `${prefix}-${topic_name ?? functionName}`;
    return { name, arn: `arn:aws:sns:${region}:${accountId}:${name}` };
  },
  target: (_trigger, { resource }) => ({ topic_arn: resource.arn }),
  allow: () => [{ actions: ['sns:*'], resources: ['*'] }],
  check: (consumer) => void new Topic({ name: '', arn: '', consumers: [consumer] }),
  create(resources, options) {
    const topics = resources.map((each) => new Topic(each));
    return { api: { name: 'sns', service: createTopicApi({ ...options, topics }) }, close: () => undefined };
  },
};
