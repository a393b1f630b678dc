// A line for every source, on the sample events of AWS's own documentation (Lambda Developer Guide, shortened).
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLambdaEvent } from '../../src/session/lambda-event.ts';
import { triggerSummary } from '../../src/session/trigger-summary.ts';

function summary(event: unknown): string {
  return summaryOf(Buffer.from(JSON.stringify(event)));
}

function summaryOf(bytes: Uint8Array): string {
  return triggerSummary(parseLambdaEvent(bytes), bytes.length);
}

const httpV2 = {
  version: '2.0',
  routeKey: '$default',
  rawPath: '/my/path',
  rawQueryString: 'parameter1=value1&parameter2=value',
  headers: { header1: 'value1' },
  requestContext: {
    accountId: '123456789012',
    http: { method: 'POST', path: '/my/path', protocol: 'HTTP/1.1' },
    stage: '$default',
  },
  body: 'Hello from Lambda',
  isBase64Encoded: false,
};
const restV1 = {
  resource: '/',
  path: '/orders',
  httpMethod: 'GET',
  queryStringParameters: null,
  requestContext: { accountId: '123456789012', resourceId: 'us4z18', stage: 'test', httpMethod: 'GET' },
  body: null,
};
const sqsRecord = {
  messageId: '059f36b4-87a3-44ab-83d2-661975830a7d',
  body: 'Test message.',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-2:123456789012:my-queue',
  awsRegion: 'us-east-2',
};

const samples: readonly (readonly [source: string, event: unknown, says: string])[] = [
  ['HTTP API', httpV2, 'POST /my/path?parameter1=value1&parameter2=value'],
  ['function URL', { ...httpV2, rawQueryString: '' }, 'POST /my/path'],
  ['REST API', restV1, 'GET /orders'],
  [
    'load balancer',
    {
      requestContext: {
        elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/lambda/1' },
      },
      httpMethod: 'GET',
      path: '/lambda',
      queryStringParameters: { query: '1234ABCD' },
    },
    'GET /lambda',
  ],
  [
    'WebSocket API',
    {
      requestContext: { routeKey: 'sendmessage', eventType: 'MESSAGE', connectionId: 'L0SM9cOFvHcCIhw=' },
      body: '{}',
    },
    'WebSocket sendmessage',
  ],
  [
    'token authorizer',
    {
      type: 'TOKEN',
      authorizationToken: 'secret',
      methodArn: 'arn:aws:execute-api:us-east-1:1:abc/test/GET/request',
    },
    'authorizer TOKEN',
  ],
  [
    'request authorizer',
    { ...restV1, type: 'REQUEST', methodArn: 'arn:aws:execute-api:us-east-1:1:abc/test/GET/orders' },
    'authorizer GET /orders',
  ],
  [
    'HTTP API authorizer',
    { ...httpV2, type: 'REQUEST', routeArn: 'arn:aws:execute-api:us-east-1:1:abc/$default/GET/my' },
    'authorizer POST /my/path?parameter1=value1&parameter2=value',
  ],
  ['SQS', { Records: [sqsRecord] }, 'SQS my-queue'],
  ['SQS, several', { Records: [sqsRecord, sqsRecord, sqsRecord] }, 'SQS my-queue, 3 records'],
  [
    'SNS',
    {
      Records: [
        {
          EventVersion: '1.0',
          EventSubscriptionArn:
            'arn:aws:sns:us-east-1:123456789012:sns-lambda:21be56ed-a058-49f5-8c98-aedd2564c486',
          EventSource: 'aws:sns',
          Sns: {
            Message: 'Hello from SNS!',
            TopicArn: 'arn:aws:sns:us-east-1:123456789012:sns-lambda',
            Subject: 'TestInvoke',
          },
        },
      ],
    },
    'SNS sns-lambda',
  ],
  [
    'S3',
    {
      Records: [
        {
          eventVersion: '2.1',
          eventSource: 'aws:s3',
          eventName: 'ObjectCreated:Put',
          s3: {
            bucket: { name: 'amzn-s3-demo-bucket' },
            object: { key: 'b21b84d653bb07b05b1e6b33684dc11b', size: 1305107 },
          },
        },
      ],
    },
    'S3 ObjectCreated:Put amzn-s3-demo-bucket',
  ],
  [
    'DynamoDB stream',
    {
      Records: [
        {
          eventName: 'INSERT',
          eventSource: 'aws:dynamodb',
          eventSourceARN:
            'arn:aws:dynamodb:us-east-1:123456789012:table/ExampleTable/stream/2024-06-10T19:26:16.525',
        },
        {
          eventName: 'MODIFY',
          eventSource: 'aws:dynamodb',
          eventSourceARN:
            'arn:aws:dynamodb:us-east-1:123456789012:table/ExampleTable/stream/2024-06-10T19:26:16.525',
        },
      ],
    },
    'DynamoDB stream ExampleTable, 2 records',
  ],
  [
    'Kinesis',
    {
      Records: [
        {
          kinesis: { partitionKey: '1', data: 'SGVsbG8=' },
          eventSource: 'aws:kinesis',
          eventName: 'aws:kinesis:record',
          eventSourceARN: 'arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream',
        },
      ],
    },
    'Kinesis lambda-stream',
  ],
  ['SES', { Records: [{ eventVersion: '1.0', ses: { mail: {} }, eventSource: 'aws:ses' }] }, 'SES'],
  [
    'CodeCommit',
    {
      Records: [
        {
          eventName: 'ReferenceChanges',
          eventSource: 'aws:codecommit',
          eventSourceARN: 'arn:aws:codecommit:us-east-1:1:my-repo',
        },
      ],
    },
    'aws:codecommit',
  ],
  [
    'EventBridge',
    { version: '0', 'detail-type': 'EC2 Instance State-change Notification', source: 'aws.ec2', detail: {} },
    'EventBridge aws.ec2 EC2 Instance State-change Notification',
  ],
  [
    'schedule',
    { version: '0', 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} },
    'schedule',
  ],
  [
    'Cognito',
    {
      version: '1',
      triggerSource: 'PreSignUp_SignUp',
      region: 'us-east-1',
      userPoolId: 'us-east-1_x',
      userName: 'ada',
    },
    'Cognito PreSignUp_SignUp',
  ],
  [
    'CloudWatch Logs',
    {
      awslogs: {
        data: 'H4sIAAAAAAAAAHWPwQqCQBCGX0Xm7EFtK+smZBEUgXoLCdMhFtKV3akI8d0bLYmibvPPN3wz00CJxmQnTO41whwWQRIctmEcB6sQbFC3CjW3XW8kxpOpP+OC22d1Wml1qZkQGtoMsScxaczKN3plG8zlaHIta5KqWsozoTYw3/djzwhpLwivWFGHGpAFe7DL68JlBUk+l7KSN7tCOEJ4M3/qOI49vMHj+zCKdlFqLaU2ZHV2a4Ct/an0/ivdX8oYc1UVX860fQDQiMdxRQEAAA==',
      },
    },
    'CloudWatch Logs',
  ],
  [
    'Firehose',
    {
      invocationId: 'i',
      deliveryStreamArn: 'arn:aws:firehose:eu-west-1:1:deliverystream/my-stream',
      records: [],
    },
    'Firehose my-stream',
  ],
  [
    'CloudFormation',
    { RequestType: 'Create', ResponseURL: 'https://secret', ResourceType: 'Custom::TestResource' },
    'CloudFormation Create Custom::TestResource',
  ],
  ['Kafka', { eventSource: 'aws:kafka', records: { 'mytopic-0': [{ topic: 'mytopic' }] } }, 'aws:kafka'],
  ['Amazon MQ', { eventSource: 'aws:mq', messages: [{ messageID: 'ID:b' }] }, 'aws:mq'],
  ['a direct invocation', { orderId: 7 }, 'invoke'],
];

describe('the trigger summary', () => {
  test.each(samples)('of %s', (_source, event, says) => {
    expect(summary(event)).toBe(says);
  });

  test('of a large event is its size', () => {
    expect(summaryOf(Buffer.alloc(3 * 1024 * 1024, ' '))).toBe('invoke, 3.0 MB');
  });

  test('of anything but a JSON object is plain', () => {
    for (const event of [null, 1, 'text', [], {}, { Records: [] }, { Records: 'x' }])
      expect(summary(event)).toBe('invoke');
    expect(summaryOf(Buffer.from('{"httpMethod":'))).toBe('invoke');
    expect(summaryOf(Buffer.alloc(0))).toBe('invoke');
  });

  test('is not confused by a field of another type', () => {
    expect(summary({ ...restV1, source: 7, Records: null, requestContext: null })).toBe('GET /orders');
    expect(summary({ Records: [{ ...sqsRecord, eventName: 1, s3: 'x' }] })).toBe('SQS my-queue');
    expect(summary({ Records: [{ eventSource: 'aws:sqs' }] })).toBe('SQS');
    expect(summary({ Records: [{ eventSource: '' }] })).toBe('records');
    expect(summary({ eventSource: '' })).toBe('invoke');
  });

  test('never throws', () => {
    const field = fc.constantFrom(
      ...Object.keys({ ...httpV2, ...restV1, ...sqsRecord, Records: 0, type: 0, source: 0 }),
    );
    fc.assert(
      fc.property(fc.dictionary(field, fc.jsonValue()), (event) => {
        expect(summary(event)).not.toBe('');
      }),
    );
  });
});
