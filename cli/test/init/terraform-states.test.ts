// States as strangers have them: marks of sensitive values, functions at the edge, aliases, odd keys, and texts that are no state.
import { expect, it } from 'vitest';
import { terraformFunctions } from '../../src/init/terraform-functions.ts';
import { terraformResources } from '../../src/init/terraform-json.ts';
import { lambda, state } from './orders-project.ts';

const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:f';
const variables = (values: Readonly<Record<string, string>>) => ({ environment: [{ variables: values }] });
const read = (text: string) => terraformFunctions(terraformResources(text, 'state.json'));
const only = (...args: Parameters<typeof state>) => read(state(...args)).functions;

it.each([
  ['a variable', { environment: [{ variables: { PLACE: true } }] }],
  ['all variables', { environment: [{ variables: true }] }],
  ['the block', { environment: [true] }],
  ['all blocks', { environment: true }],
  ['the resource', true],
])('no value of it is taken if %s is marked as sensitive', (_what, sensitive_values) => {
  const resource = lambda('aws_lambda_function.f', {
    function_name: 'f',
    ...variables({ PLACE: 'harbour' }),
  });
  const [found] = only([{ ...resource, sensitive_values: sensitive_values as object }]);
  expect(JSON.stringify(found)).not.toContain('harbour');
  expect(found?.leftOutVariables).toEqual(['PLACE']);
});

it('other sensitive attributes are not taken either', () => {
  const resource = lambda('aws_lambda_function.f', { function_name: 'harbour', handler: 'harbour.x', arn });
  const rule = {
    address: 'aws_cloudwatch_event_rule.r',
    type: 'aws_cloudwatch_event_rule',
    name: 'r',
    values: { name: 'r', event_pattern: '{"source":["harbour"]}' },
    sensitive_values: { event_pattern: true },
  };
  const target = {
    address: 'aws_cloudwatch_event_target.t',
    type: 'aws_cloudwatch_event_target',
    name: 't',
    values: { rule: 'r', arn },
  };
  const [found] = only([
    { ...resource, sensitive_values: { function_name: true, handler: true } },
    rule,
    target,
  ]);
  expect(JSON.stringify(found)).not.toContain('harbour');
});

it('a value that is sensitive elsewhere in the state is not taken, with its mark removed', () => {
  const password = {
    address: 'random_password.db',
    type: 'random_password',
    name: 'db',
    values: { result: 'correct-horse' },
    sensitive_values: { result: true },
  };
  const values = variables({ PLACE: 'harbour', A: 'correct-horse', B: 'x://y:correct-horse@z' });
  const [found] = only([password, lambda('aws_lambda_function.f', { function_name: 'f', ...values })]);
  expect(found?.settings).toMatchObject({ environment: { PLACE: 'harbour' } });
  expect(found?.leftOutVariables).toEqual(['A', 'B']);
});

it.each([
  [
    'its role',
    'aws_iam_role',
    {
      arn: 'arn:aws:iam::123456789012:role/orders',
      assume_role_policy: '{"Service":["lambda.amazonaws.com","edgelambda.amazonaws.com"]}',
    },
  ],
  ['a permission', 'aws_lambda_permission', { function_name: 'f', principal: 'edgelambda.amazonaws.com' }],
  [
    'a distribution',
    'aws_cloudfront_distribution',
    { ordered_cache_behavior: [{ lambda_function_association: [{ lambda_arn: `${arn}:7` }] }] },
  ],
])('a function at the edge is left out by %s', (_what, type, values) => {
  const [found] = only([
    lambda('aws_lambda_function.f', { function_name: 'f', arn, qualified_arn: `${arn}:7`, publish: true }),
    { address: `${type}.x`, type, name: 'x', values },
  ]);
  expect(found?.leftOut).toContain('at the edge');
});

it.each([`${arn}:live`, arn, 'f:live', 'f', '123456789012:function:f:live'])(
  'a mapping of %s is a trigger',
  (function_name) => {
    const mapping = {
      address: 'aws_lambda_event_source_mapping.m',
      type: 'aws_lambda_event_source_mapping',
      name: 'm',
      values: { event_source_arn: 'arn:aws:sqs:eu-west-1:123456789012:q', function_name, batch_size: 3 },
    };
    const [found] = only([lambda('aws_lambda_function.f', { function_name: 'f', arn }), mapping]);
    expect(found?.settings.triggers).toEqual({ sqs: { batch_size: 3 } });
  },
);

it('keys with odd characters in modules three levels deep', () => {
  const module = 'module.a["x.y/z"].module.b[1].module.c["q.module.d]"]';
  const [found] = only([], {
    [module]: [lambda(`${module}.aws_lambda_function.this[0]`, { function_name: 'f' }, { index: 0 })],
  });
  expect(found?.name).toMatch(/^[\w-]{1,64}$/);
  expect(found?.block).toEqual({
    kind: 'module',
    label: 'c',
    inModule: 'module.a["x.y/z"].module.b[1]',
    repeated: 'for_each',
    key: 'q.module.d]',
  });
});

const errors: readonly (readonly [string, string, string])[] = [
  ['an empty state', '{"format_version":"1.0"}', 'has no resources: nothing was applied'],
  ['a later format', '{"format_version":"2.0","values":{"root_module":{}}}', 'has format 2.0'],
  [
    'a state that is cut off',
    state([lambda('aws_lambda_function.f', {})]).slice(0, -20),
    'is not JSON, or is cut off',
  ],
  ['a .tfstate', '{"version":4,"terraform_version":"1.5.7","resources":[]}', 'is a .tfstate file'],
  ['a state of Pulumi', '{"version":3,"deployment":{}}', 'no resources of a state or a plan'],
  ['a list', '[]', 'no resources of a state or a plan'],
  ['nothing', '', 'is empty'],
];
it.each(errors)('says what is wrong with %s', (_what, text, message) => {
  expect(() => read(text)).toThrow(message);
});

it.each(['0.1', '0.2', '1.0', '1.2', '1.99'])('takes format %s', (format_version) => {
  const text = state([lambda('aws_lambda_function.f', { function_name: 'f' })]);
  expect(
    read(text.replace('"format_version":"1.0"', `"format_version":"${format_version}"`)).functions,
  ).toHaveLength(1);
});
