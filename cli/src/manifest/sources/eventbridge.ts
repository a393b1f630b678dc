// The events of an EventBridge bus that match a pattern.
import * as v from 'valibot';
import { fields } from '../schema-parts.ts';
import { declareSource } from './source.ts';
import { arn, jsonObject, optionalText, resourceName } from './source-parts.ts';

export const eventbridge = declareSource({
  title: 'EventBridge',
  resource: {
    arn: 'event_bus_arn',
    ofNew: ['event_bus_name'],
  },
  document: 'event_pattern',
  trigger: v.pipe(
    fields({
      event_bus_arn: v.optional(
        v.pipe(
          arn(
            'events',
            /^arn:[^:]+:events:[^:]+:\d{12}:event-bus\//,
            'arn:aws:events:eu-west-1:123456789012:event-bus/orders',
          ),
          v.description('ARN of an existing bus. Default: the account’s default bus.'),
        ),
      ),
      event_bus_name: v.optional(
        v.pipe(
          resourceName,
          v.description('Last part of a new bus’s name. Functions that give the same name share the bus.'),
        ),
      ),
      event_pattern: v.pipe(
        jsonObject,
        v.description('Which events invoke the function, as JSON text: {"source":["shop.orders"]}.'),
      ),
    }),
    v.description('The events of an EventBridge bus that match a pattern.'),
  ),
  target: v.object({ event_bus_name: v.string(), event_pattern: v.string(), rule_arn: optionalText }),
});
