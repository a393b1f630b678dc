// EventBridge, composed: a bus for each that triggers use.
import { patternRuleName } from '../../manifest/derived-names.ts';
import { accountId, region } from '../aws-api/access.ts';
import type { CloudSource } from '../triggers/cloud-source.ts';
import { existing } from '../triggers/resources.ts';
import { Bus } from './bus.ts';
import { createBusApi } from './bus-api.ts';

export const eventbridge: CloudSource<'eventbridge'> = {
  identify({ event_bus_arn, event_bus_name }, { prefix }) {
    if (event_bus_arn !== undefined) return existing(event_bus_arn, '/');
    const name = event_bus_name === undefined ? 'default' : `${prefix}-${event_bus_name}`;
    return { name, arn: `arn:aws:events:${region}:${accountId}:event-bus/${name}` };
  },
  target({ event_pattern }, { functionName, prefix, resource: { arn, name } }) {
    const [, , , busRegion, account] = arn.split(':');
    const path = name === 'default' ? '' : `${name}/`;
    return {
      event_bus_name: name,
      event_pattern,
      rule_arn: `arn:aws:events:${busRegion}:${account}:rule/${path}${patternRuleName(functionName, prefix)}`,
    };
  },
  allow: () => [{ actions: ['events:*'], resources: ['*'] }],
  check: (consumer) => void new Bus({ name: '', arn: '', consumers: [consumer] }),
  create(resources, options) {
    const buses = resources.map((each) => new Bus(each));
    return { api: { name: 'events', service: createBusApi({ ...options, buses }) }, close: () => undefined };
  },
};
