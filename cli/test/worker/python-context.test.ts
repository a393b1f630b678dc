// The context object of a Python handler: the cases of AWS's own tests.
import { describe, expect, it } from 'vitest';
import { skipReason } from './python-interpreter.ts';
import { pythonRuntimes } from './python-runtime-harness.ts';

const { start, invokeOnce } = pythonRuntimes();

describe.skipIf(skipReason)(`the context${skipReason ? `: ${skipReason}` : ''}`, () => {
  const env = {
    AWS_LAMBDA_FUNCTION_NAME: 'probe',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/probe',
    AWS_LAMBDA_LOG_STREAM_NAME: '2024/07/01/[$LATEST]abc',
  };

  it('has the values of the invocation and the environment', async () => {
    const process = await start('context.handler', { env });
    const before = performance.now();
    const context = (await process.invoke(
      {},
      {
        clientContext: '{"client":{"app_title":"Zoë"},\n"custom":{"a":[1]}}',
        cognitoIdentity: '{"cognitoIdentityId":"id","cognitoIdentityPoolId":"pool"}',
      },
    )) as { remaining: number };
    expect(context).toMatchObject({
      fields: {
        aws_request_id: 'request-1',
        function_name: 'probe',
        function_version: '$LATEST',
        invoked_function_arn: 'arn:aws:lambda:eu-central-1:123456789012:function:probe',
        memory_limit_in_mb: '256',
        log_group_name: '/aws/lambda/probe',
        log_stream_name: '2024/07/01/[$LATEST]abc',
        tenant_id: null,
      },
      identity: ['id', 'pool'],
      client: [{ a: [1] }, null, 'Zoë'],
      repr: true,
    });
    // Of five seconds, all but what the test itself saw go by.
    expect(context.remaining).toBeGreaterThanOrEqual(5000 - (performance.now() - before) - 1);
    expect(context.remaining).toBeLessThanOrEqual(5000);
  });

  it('has an identity and no client context where the caller sent none', async () => {
    expect(await invokeOnce('context.handler')).toMatchObject({ identity: [null, null], client: null });
  });

  it('is an error if the client context is not JSON', async () => {
    const process = await start('context.handler');
    expect(await process.invoke({}, { clientContext: 'nonsense' })).toMatchObject({
      errorType: 'Runtime.LambdaContextUnmarshalError',
      errorMessage: 'Unable to parse Client Context JSON: Expecting value: line 1 column 1 (char 0)',
    });
  });

  it('is an error if the identity is not JSON', async () => {
    const process = await start('context.handler');
    expect(await process.invoke({}, { cognitoIdentity: 'nonsense' })).toMatchObject({
      errorType: 'Runtime.LambdaContextUnmarshalError',
      errorMessage: 'Unable to parse Cognito Identity JSON: Expecting value: line 1 column 1 (char 0)',
    });
  });

  it('carries the tenant', async () => {
    const process = await start('context.handler');
    expect(await process.invoke({}, { tenantId: 'blue' })).toMatchObject({ fields: { tenant_id: 'blue' } });
  });

  it('is printed with all its fields, and its parts take no others', async () => {
    const process = await start('context_repr.handler', { env });
    expect(
      await process.invoke({}, { clientContext: '{"client":{"installation_id":"i"},"env":{"a":"b"}}' }),
    ).toEqual([
      "LambdaContext([aws_request_id=request-1,log_group_name=/aws/lambda/probe,log_stream_name=2024/07/01/[$LATEST]abc,function_name=probe,memory_limit_in_mb=256,function_version=$LATEST,invoked_function_arn=arn:aws:lambda:eu-central-1:123456789012:function:probe,client_context=ClientContext([custom=None,env={'a': 'b'},client=Client([installation_id=i,app_title=None,app_version_name=None,app_version_code=None,app_package_name=None])]),identity=CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None]),tenant_id=None])",
      ['CognitoIdentity', 'ClientContext', 'Client'],
    ]);
  });

  it.each([
    [undefined, {}, null],
    [{}, {}, [null, false]],
    [{ w3c: { baggage: 'abc' }, custom: 1 }, { baggage: 'abc' }, [1, false]],
    [{ w3c: { traceparent: 42, tracestate: 'x=1', other: 'dropped' } }, { tracestate: 'x=1' }, [null, false]],
    [{ w3c: ['baggage=abc'] }, {}, [null, false]],
  ])('has the caller’s trace context of %j', async (clientContext, fields, left) => {
    const process = await start('w3c.handler');
    const more = clientContext === undefined ? {} : { clientContext: JSON.stringify(clientContext) };
    expect(await process.invoke({}, more)).toEqual({ fields, left });
  });

  it('has no time left after the deadline', async () => {
    const process = await start('context.handler');
    const { outcome } = await process.api.dispatch({
      id: 'late',
      event: Buffer.from('{}'),
      deadlineMs: Date.now() - 1000,
      invokedFunctionArn: 'arn',
    });
    expect(outcome.ok && JSON.parse(Buffer.from(outcome.body).toString()).remaining).toBe(0);
  });

  it('logs', async () => {
    const process = await start('context_log.handler');
    await process.invoke();
    await process.stop();
    expect(process.stdout).toBe('from the context\nwith a line end\n');
  });
});
