// SNS, put together: a topic for each that triggers ask for.
import type { SourceOptions, SourceService } from '../triggers/source-service.ts';
import { Topic } from './topic.ts';
import { createTopicApi } from './topic-api.ts';

/** Throws LD_CONFIG for a filter policy that is invalid. */
export function createTopics(options: SourceOptions): SourceService {
  const topics = options.resources.topics.map((each) => new Topic(each));
  return { name: 'sns', service: createTopicApi({ ...options, topics }), close: () => undefined };
}
