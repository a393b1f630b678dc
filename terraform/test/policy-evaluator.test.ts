import { describe, expect, it } from 'vitest';
import { isAllowed } from './policy-evaluator.ts';

function policy(...statements: readonly unknown[]) {
  return [{ Version: '2012-10-17', Statement: statements }];
}

const key = 'dynamodb:LeadingKeys';
const read = { action: 'dynamodb:Query', resource: 'table/a' };

describe('isAllowed', () => {
  it('denies by default', () => {
    expect(isAllowed([], read)).toBe(false);
  });

  it('supports wildcards in actions and resources, and ignores case in actions', () => {
    const allow = policy({ Effect: 'Allow', Action: 'DynamoDB:Q*', Resource: ['table/?'] });
    expect(isAllowed(allow, read)).toBe(true);
    expect(isAllowed(allow, { ...read, resource: 'table/ab' })).toBe(false);
    expect(isAllowed(allow, { ...read, action: 'dynamodb:PutItem' })).toBe(false);
  });

  it('treats $ and . in a pattern literally', () => {
    const allow = policy({ Effect: 'Allow', Action: 'a:b', Resource: 'live/$connect.x' });
    expect(isAllowed(allow, { action: 'a:b', resource: 'live/$connect.x' })).toBe(true);
    expect(isAllowed(allow, { action: 'a:b', resource: 'live/$connectyx' })).toBe(false);
  });

  it('lets a Deny override an Allow', () => {
    const both = policy(
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: 'dynamodb:Query', Resource: '*' },
    );
    expect(isAllowed(both, read)).toBe(false);
  });

  it('lets ForAllValues match no keys at all, which Null then excludes', () => {
    const forAll = { 'ForAllValues:StringEquals': { [key]: ['tom'] } };
    const open = policy({ Effect: 'Allow', Action: '*', Resource: '*', Condition: forAll });
    const condition = { ...forAll, Null: { [key]: 'false' } };
    const closed = policy({ Effect: 'Allow', Action: '*', Resource: '*', Condition: condition });
    expect(isAllowed(open, read)).toBe(true);
    expect(isAllowed(closed, read)).toBe(false);
    expect(isAllowed(closed, { ...read, context: { [key]: ['tom'] } })).toBe(true);
    expect(isAllowed(closed, { ...read, context: { [key]: ['tom', 'ada'] } })).toBe(false);
  });

  it('compares single-valued keys', () => {
    const like = policy({
      Effect: 'Allow',
      Action: '*',
      Resource: '*',
      Condition: { StringLike: { 'kms:ViaService': 'dynamodb.*' }, StringEquals: { a: ['1', '2'] } },
    });
    expect(isAllowed(like, { ...read, context: { 'kms:ViaService': ['dynamodb.eu'], a: ['2'] } })).toBe(true);
    expect(isAllowed(like, { ...read, context: { 'kms:ViaService': ['s3.eu'], a: ['2'] } })).toBe(false);
    expect(isAllowed(like, { ...read, context: { 'kms:ViaService': ['dynamodb.eu'], a: ['3'] } })).toBe(
      false,
    );
    expect(isAllowed(like, read)).toBe(false);
  });

  it('compares ARNs, and ignores a Deny whose key is not in the request', () => {
    const condition = { ArnEquals: { 'lambda:SourceFunctionArn': 'arn:aws:lambda:eu:1:function:tunnel' } };
    const both = policy(
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: '*', Resource: '*', Condition: condition },
    );
    const from = (name: string) => ({
      ...read,
      context: { 'lambda:SourceFunctionArn': [`arn:aws:lambda:eu:1:function:${name}`] },
    });
    expect(isAllowed(both, read)).toBe(true);
    expect(isAllowed(both, from('tunnel'))).toBe(false);
    expect(isAllowed(both, from('tunnel-2'))).toBe(true);
  });

  it('throws for anything unknown', () => {
    const odd = { Effect: 'Allow', Action: '*', Resource: '*', Condition: { Bool: { a: 'true' } } };
    expect(() => isAllowed(policy(odd), read)).toThrow('Bool');
    expect(() => isAllowed(policy({ Effect: 'Allow', NotAction: 'a:b', Resource: '*' }), read)).toThrow();
  });
});
