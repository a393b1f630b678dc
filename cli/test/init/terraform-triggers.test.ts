// Triggers from a state: what livectl.json gets, and what is said about each that it does not get.
import { describe, expect, test } from 'vitest';
import { terraformFunctions } from '../../src/init/terraform-functions.ts';
import { terraformResources } from '../../src/init/terraform-json.ts';
import { lambda, state } from './orders-project.ts';

const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:orders';
const invokeArn = `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${arn}/invocations`;
const sqsArn = (name: string) => `arn:aws:sqs:eu-west-1:123456789012:${name}`;
const streamArn = 'arn:aws:kinesis:eu-west-1:123456789012:stream/clicks';

const resource = (address: string, values: object) => {
  const [type = '', name = ''] = address.split('.');
  return { address, type, name, values };
};

function found(...others: ReturnType<typeof resource>[]) {
  const orders = lambda('aws_lambda_function.orders', { function_name: 'orders', arn, timeout: 10 });
  const { functions, notices } = terraformFunctions(terraformResources(state([orders, ...others]), 'x.json'));
  return { triggers: functions[0]?.settings.triggers, notices };
}

const restApi = (...more: ReturnType<typeof resource>[]) => [
  resource('aws_api_gateway_rest_api.shop', { id: 'api', root_resource_id: 'root' }),
  resource('aws_api_gateway_resource.orders', {
    id: 'r1',
    rest_api_id: 'api',
    parent_id: 'root',
    path_part: 'orders',
    path: '/orders',
  }),
  // As an emulator or an older state may have it, without its whole path.
  resource('aws_api_gateway_resource.order', {
    id: 'r2',
    rest_api_id: 'api',
    parent_id: 'r1',
    path_part: '{id}',
  }),
  resource('aws_api_gateway_resource.rest', {
    id: 'r3',
    rest_api_id: 'api',
    parent_id: 'root',
    path_part: '{proxy+}',
  }),
  ...more,
];

const integration = (name: string, values: object) =>
  resource(`aws_api_gateway_integration.${name}`, {
    rest_api_id: 'api',
    resource_id: 'r2',
    http_method: 'GET',
    type: 'AWS_PROXY',
    uri: invokeArn,
    ...values,
  });

describe('REST APIs', () => {
  test('a method is a route, and the other form of its events is said', () => {
    expect(found(...restApi(integration('get', {})))).toEqual({
      triggers: { http: { path: '/orders/{id}', method: 'GET' } },
      notices: [
        expect.stringMatching(
          /^aws_api_gateway_integration\.get, a trigger of aws_lambda_function\.orders, is written as a route .* payload format 2\.0.*1\.0/,
        ),
      ],
    });
  });

  test('the root, by reference where nothing was applied', () => {
    expect(found(...restApi(integration('get', { resource_id: 'root' }))).triggers).toEqual({
      http: { path: '/', method: 'GET' },
    });
    const reference = (of: string) => `\u0000${of}\u0000`;
    const { triggers } = found(
      resource('aws_api_gateway_resource.orders', {
        id: reference('aws_api_gateway_resource.orders.id'),
        parent_id: reference('aws_api_gateway_rest_api.shop.root_resource_id'),
        path_part: 'orders',
      }),
      integration('get', { resource_id: reference('aws_api_gateway_resource.orders.id') }),
    );
    expect(triggers).toEqual({ http: { path: '/orders', method: 'GET' } });
  });

  test('of several methods, the one that takes every request', () => {
    const { notices, triggers } = found(
      ...restApi(
        integration('root', { resource_id: 'root', http_method: 'ANY' }),
        integration('proxy', { resource_id: 'r3', http_method: 'ANY' }),
      ),
    );
    expect(triggers).toEqual({ http: { path: '/{proxy+}' } });
    expect(notices).toContain(
      'aws_api_gateway_integration.root, a trigger of aws_lambda_function.orders, is not written: livectl.json takes one http trigger of a function, and has that of aws_api_gateway_integration.proxy',
    );
  });

  test('a mapping template, a path that is not known and a circle of parents are said', () => {
    const { notices, triggers } = found(
      ...restApi(
        integration('mapped', { type: 'AWS' }),
        integration('new', { resource_id: 'other' }),
        resource('aws_api_gateway_resource.a', { id: 'a', parent_id: 'b', path_part: 'a' }),
        resource('aws_api_gateway_resource.b', { id: 'b', parent_id: 'a', path_part: 'b' }),
        integration('circle', { resource_id: 'a' }),
      ),
    );
    expect(triggers).toBeUndefined();
    expect(notices).toEqual([
      expect.stringContaining('aws_api_gateway_integration.mapped, a trigger of aws_lambda_function.orders'),
      expect.stringMatching(/integration\.new, .*its path or method is only known after an apply/),
      expect.stringMatching(/integration\.circle, .*its path or method is only known after an apply/),
    ]);
    expect(notices[0]).toContain('mapping templates');
  });
});

describe('HTTP APIs', () => {
  const target = resource('aws_apigatewayv2_integration.orders', {
    id: 'abc',
    integration_uri: invokeArn,
    payload_format_version: '2.0',
  });
  const route = (name: string, route_key: string) =>
    resource(`aws_apigatewayv2_route.${name}`, { route_key, target: 'integrations/abc' });

  test('one route is written, each other one is said; WebSocket APIs too', () => {
    const { notices, triggers } = found(
      target,
      route('get', 'GET /orders'),
      route('post', 'POST /orders'),
      route('connect', '$connect'),
    );
    expect(triggers).toEqual({ http: { path: '/orders', method: 'GET' } });
    expect(notices).toEqual([
      expect.stringMatching(
        /^aws_apigatewayv2_route\.post, .*one http trigger .*aws_apigatewayv2_route\.get$/,
      ),
      expect.stringMatching(/^aws_apigatewayv2_route\.connect, .*WebSocket/),
    ]);
  });

  test('payload format 1.0 is said', () => {
    const { values } = target;
    const old = { ...target, values: { ...values, payload_format_version: '1.0' } };
    expect(found(old, route('get', 'GET /orders')).notices).toEqual([
      expect.stringContaining('payload format 2.0'),
    ]);
    expect(found(target, route('get', 'GET /orders')).notices).toEqual([]);
  });

  test('an API with its only route in itself', () => {
    const api = resource('aws_apigatewayv2_api.orders', { target: arn, route_key: 'ANY /orders/{proxy+}' });
    expect(found(api)).toEqual({ triggers: { http: { path: '/orders/{proxy+}' } }, notices: [] });
  });

  test('hundreds of routes do not fill the terminal', () => {
    const routes = Array.from({ length: 300 }, (_, at) => route(`r${at}`, `GET /r${at}`));
    const { notices } = found(target, ...routes);
    expect(notices).toHaveLength(21);
    expect(notices.at(-1)).toBe('279 more about triggers of aws_lambda_function.orders are not shown');
  });
});

describe('polled sources', () => {
  const mapping = (name: string, values: object) =>
    resource(`aws_lambda_event_source_mapping.${name}`, { function_name: arn, ...values });

  test('the settings that livectl.json has', () => {
    const queue = mapping('queue', {
      event_source_arn: sqsArn('orders.fifo'),
      batch_size: 5,
      maximum_batching_window_in_seconds: 0,
    });
    const stream = mapping('stream', {
      event_source_arn: streamArn,
      batch_size: 200,
      maximum_batching_window_in_seconds: 3,
      starting_position: 'TRIM_HORIZON',
      maximum_retry_attempts: 4,
      bisect_batch_on_function_error: true,
      function_response_types: ['ReportBatchItemFailures'],
    });
    expect(found(queue, stream)).toEqual({
      triggers: {
        sqs: { batch_size: 5, fifo_queue: true },
        kinesis: {
          batch_size: 200,
          maximum_batching_window_in_seconds: 3,
          starting_position: 'TRIM_HORIZON',
          maximum_retry_attempts: 4,
          bisect_batch_on_function_error: true,
          function_response_types: ['ReportBatchItemFailures'],
        },
      },
      notices: [],
    });
  });

  test('a second queue, a filter, and sources that livectl.json does not have', () => {
    const { notices, triggers } = found(
      mapping('one', {
        event_source_arn: sqsArn('one'),
        filter_criteria: [{ filter: [{ pattern: '{}' }] }],
      }),
      mapping('two', { event_source_arn: sqsArn('two') }),
      mapping('topic', { event_source_arn: 'arn:aws:kafka:eu-west-1:123456789012:cluster/x/y' }),
      mapping('own', { self_managed_event_source: [{ endpoints: {} }] }),
      mapping('later', {}),
    );
    expect(triggers).toEqual({ sqs: {} });
    expect(notices).toEqual([
      expect.stringMatching(/mapping\.one, .*is written without its filter_criteria/),
      expect.stringMatching(/mapping\.two, .*one sqs trigger of a function, and has that of .*mapping\.one$/),
      expect.stringMatching(/mapping\.topic, .*is not written: livectl\.json has no source kafka$/),
      expect.stringMatching(/mapping\.own, .*no Kafka source$/),
      expect.stringMatching(/mapping\.later, .*only known after an apply/),
    ]);
  });
});

describe('events', () => {
  test('a filter policy, an input and a schedule of EventBridge Scheduler', () => {
    const { notices, triggers } = found(
      resource('aws_sns_topic_subscription.s', {
        protocol: 'lambda',
        endpoint: arn,
        filter_policy: '{"kind":["order"]}',
        filter_policy_scope: 'MessageBody',
      }),
      resource('aws_scheduler_schedule.daily', {
        schedule_expression: 'rate(1 day)',
        schedule_expression_timezone: 'Europe/Berlin',
        target: [{ arn, input: '{"a":1}' }],
      }),
    );
    expect(triggers).toEqual({
      sns: { filter_policy: '{"kind":["order"]}', filter_policy_scope: 'MessageBody' },
      schedule: { schedule_expression: 'rate(1 day)', input: '{"a":1}' },
    });
    expect(notices).toEqual([
      'aws_scheduler_schedule.daily, a trigger of aws_lambda_function.orders, is written in UTC instead of its time zone',
    ]);
  });

  test('rules of the same name on two buses', () => {
    const rule = (name: string, bus: string, pattern: string) =>
      resource(`aws_cloudwatch_event_rule.${name}`, {
        name: 'created',
        event_bus_name: bus,
        event_pattern: pattern,
      });
    const target = resource('aws_cloudwatch_event_target.t', {
      rule: 'created',
      event_bus_name: 'shop',
      arn: `${arn}:live`,
    });
    const { triggers } = found(
      rule('a', 'default', '{"source":["a"]}'),
      rule('b', 'shop', '{"source":["b"]}'),
      target,
    );
    expect(triggers).toEqual({ eventbridge: { event_pattern: '{"source":["b"]}' } });
  });

  test('what livectl.json refuses costs only itself', () => {
    const { notices, triggers } = found(
      resource('aws_scheduler_schedule.once', {
        schedule_expression: 'at(2030-01-01T00:00:00)',
        target: [{ arn, input: '{}' }],
      }),
      resource('aws_sns_topic_subscription.broken', {
        protocol: 'lambda',
        endpoint: arn,
        filter_policy: '{"kind":',
      }),
      resource('aws_s3_bucket_notification.uploads', {
        lambda_function: [{ lambda_function_arn: arn, events: ['s3:ObjectCreated:*'], filter_prefix: 'in/' }],
      }),
    );
    expect(triggers).toEqual({ s3: { events: ['s3:ObjectCreated:*'], filter_prefix: 'in/' } });
    expect(notices).toEqual([
      expect.stringMatching(/^aws_sns_topic_subscription\.broken, .*JSON/),
      expect.stringMatching(/^aws_scheduler_schedule\.once, .*rate\(5 minutes\)/),
    ]);
  });

  test('pipes, resolvers, and permissions without a trigger', () => {
    const permission = (name: string, principal: string) =>
      resource(`aws_lambda_permission.${name}`, { function_name: 'orders', principal });
    const { notices, triggers } = found(
      resource('aws_pipes_pipe.p', { target: arn }),
      resource('aws_appsync_datasource.d', { lambda_config: [{ function_arn: arn }] }),
      resource('aws_sns_topic_subscription.s', { protocol: 'lambda', endpoint: arn }),
      permission('sns', 'sns.amazonaws.com'),
      permission('users', 'cognito-idp.amazonaws.com'),
      permission('users_again', 'cognito-idp.amazonaws.com'),
      permission('api', 'apigateway.amazonaws.com'),
      permission('account', '123456789012'),
      permission('url', '*'),
    );
    expect(triggers).toEqual({ sns: {} });
    expect(notices).toEqual([
      expect.stringMatching(/^aws_pipes_pipe\.p, a trigger of .*no pipes$/),
      expect.stringMatching(/^aws_appsync_datasource\.d, .*no AppSync/),
      'aws_lambda_permission.users lets cognito-idp.amazonaws.com invoke aws_lambda_function.orders: livectl.json has no such trigger; use livectl invoke --event',
      expect.stringMatching(
        /^aws_lambda_permission\.api lets apigateway\.amazonaws\.com invoke .*not found here: it may be in another state/,
      ),
    ]);
  });
});
