// A wrapped Python function that somebody serves: its wrapper hands invocations to the stub beside it, as it is shipped; and
// what each fault on that way leads to: the deployed code, or an error where a laptop may have begun.
import { createServer } from 'node:http';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { deployedClientContext } from '../../../protocol/deployed-request.ts';
import type { FakeClient } from '../harness/fake-client.ts';
import { useWorld } from '../harness/world.ts';
import { usePythonFunctions } from './harness/python-functions.ts';
import { invokedArn, type RecordingRuntimeApi } from './harness/recording-runtime-api.ts';

const world = useWorld();
const functions = usePythonFunctions(world);

const code = `
import os
def handler(event, context):
    return {"deployed": event}
`;
const deployed = (event: unknown) => JSON.stringify({ deployed: event });

/** The wrapped function at its Runtime API, with the stub beside it. */
async function wrapped(environment: Record<string, string> = {}) {
  const started = await functions.ready(code, { environment });
  functions.invokeApi.stub = await world.lambda({ stubFile: world.built.besideFile });
  return started;
}

const bodyOf = async (api: RecordingRuntimeApi, id: string, event = '1') =>
  (await api.invoke({ id, event })).body.toString().replaceAll(' ', '');

/** Answers every invocation in this way. */
function answering(client: FakeClient, body: (event: string) => string): void {
  client.onMessage = ({ message, channel }) => {
    if (message.type === 'invoke')
      void client.answer({ message, channel }, body(Buffer.from(message.body).toString()));
  };
}

describe('somebody serves a part of it', () => {
  const filter = (item: string, only: string, facts: object, needs?: readonly string[]) => ({
    item: `client#${item}#${only}`,
    filter: JSON.stringify({ only, facts, ...(needs ? { needs } : {}) }),
  });
  const request = (dev: string) => JSON.stringify({ headers: { 'X-Dev': dev }, cookies: ['name=tom'] });

  it('and gets what the filter matches; what cannot match costs no Invoke', async () => {
    const client = await world.serve(filter('hello', 'tom', { header: { 'x-dev': ['tom'] } }, ['tom']));
    answering(client, () => '"tom"');
    const { api } = await wrapped();
    expect(await bodyOf(api, 'a', request('tom'))).toBe('"tom"');
    expect(functions.invokeApi.invokes).toBe(1);
    expect(JSON.parse(await bodyOf(api, 'b', '{"headers":{"X-Dev":"ann"}}'))).toMatchObject({ deployed: {} });
    expect(functions.invokeApi.invokes).toBe(1);
    // The text is there, but not in the header: the stub says that nobody wants it, and the next is asked for again.
    expect(JSON.parse(await bodyOf(api, 'c', request('ann')))).toMatchObject({ deployed: {} });
    expect(functions.invokeApi.invokes).toBe(2);
    expect(await bodyOf(api, 'd', request('tom'))).toBe('"tom"');
  });

  it('whose filter names no texts is tried for each invocation, beside one for the stage', async () => {
    const client = await world.serve(filter('*', 'any', { header: { 'x-dev': [{ wildcard: 't*' }] } }));
    answering(client, () => '"filtered"');
    const rest = await world.serve();
    answering(rest, () => '"rest"');
    const { api } = await wrapped();
    expect(await bodyOf(api, 'a', request('tim'))).toBe('"filtered"');
    expect(await bodyOf(api, 'b', request('ann'))).toBe('"rest"');
  });
});

describe('somebody serves', () => {
  let client: FakeClient;
  beforeEach(async () => {
    client = await world.serve();
  });

  it('gets the event byte for byte, with the function’s own context, variables and credentials', async () => {
    const { api } = await wrapped({ GREETING: 'hällo', AWS_SESSION_TOKEN: 'of the function' });
    const event = '{ "big": 12345678901234567890, "ü": [1.0] }';
    const headers = {
      'Lambda-Runtime-Client-Context': '{"custom":{"a":1}}',
      'Lambda-Runtime-Aws-Tenant-Id': 't',
      'Lambda-Runtime-Invocation-Id': 'attempt-1',
    };
    const answer = api.invoke({ id: 'r-1', event, headers });
    const received = await client.next('invoke');
    expect(Buffer.from(received.message.body).toString()).toBe(event);
    const { head } = received.message;
    expect(head).toMatchObject({
      function: 'hello',
      requestId: 'r-1',
      arn: invokedArn,
      traceId: 'Root=1-r-1;Sampled=0',
      clientContext: '{"custom":{"a":1}}',
      tenantId: 't',
      environment: { GREETING: 'hällo', AWS_SESSION_TOKEN: 'of the function', AWS_ACCESS_KEY_ID: 'AKIDTEST' },
    });
    expect(head.deadline).toBeLessThan(Date.now() + 10_000);
    const names = Object.keys(head.environment).filter((name) =>
      /^LIVE_DEBUG|RUNTIME_API|EXEC_WRAPPER/.test(name),
    );
    expect(names).toEqual([]);
    await client.answer(received, '{"n": 98765432109876543210}');
    const { body, path, headers: sent } = await answer;
    expect(body.toString()).toBe('{"n": 98765432109876543210}');
    expect(path).toBe('/2018-06-01/runtime/invocation/r-1/response');
    expect(sent.join()).toContain('Content-Type,application/json');
    expect(sent.join()).toContain('Lambda-Runtime-Invocation-Id,attempt-1');
  });

  it('fails it with the local code’s own error', async () => {
    const { api } = await wrapped();
    const answer = api.invoke({ id: 'r', event: '1' });
    const error = {
      errorMessage: 'nö',
      errorType: 'KeyError',
      requestId: 'x',
      stackTrace: ['  File "a.py"\n'],
    };
    await client.fail(await client.next('invoke'), error);
    const { body, headers, path } = await answer;
    expect(path).toBe('/2018-06-01/runtime/invocation/r/error');
    expect(JSON.parse(body.toString())).toEqual(error);
    expect(headers.join()).toContain('Lambda-Runtime-Function-Error-Type,KeyError');
  });

  it('is not tried if the caller asks for the deployed code', async () => {
    const { api } = await wrapped();
    const headers = { 'Lambda-Runtime-Client-Context': deployedClientContext };
    const { body } = await api.invoke({ id: 'r', event: '4', headers });
    expect(JSON.parse(body.toString())).toEqual({ deployed: 4 });
    expect(functions.invokeApi.invokes).toBe(0);
  });

  it('takes 6 MB and answers 6 MB', async () => {
    const { api } = await wrapped();
    answering(client, (event) => event);
    const event = JSON.stringify('0123456789'.repeat(629_000));
    expect((await bodyOf(api, 'r', event)).length).toBe(event.length);
  });

  it('is asked for every second of 200 invocations, by one warm instance', async () => {
    const { api } = await wrapped({});
    answering(client, (event) => `{"local":${event}}`);
    const answers: string[] = [];
    const forDeployed = { 'Lambda-Runtime-Client-Context': deployedClientContext };
    for (let at = 0; at < 200; at += 1) {
      const headers = at % 2 === 0 ? {} : forDeployed;
      const { body } = await api.invoke({ id: `r${at}`, event: String(at), headers });
      answers.push(body.toString().replaceAll(' ', ''));
    }
    expect(answers).toEqual(
      Array.from({ length: 200 }, (_, at) => (at % 2 === 0 ? `{"local":${at}}` : deployed(at))),
    );
    expect(functions.invokeApi.invokes).toBe(100);
  }, 60_000);

  it('with wrap_init = "lazy", the deployed code is loaded when it is first needed', async () => {
    const lazy = `print("deployed loaded", flush=True)\n${code}`;
    const { api, instance } = await functions.ready(lazy, { environment: { LIVE_DEBUG_WRAP_INIT: 'lazy' } });
    functions.invokeApi.stub = await world.lambda({ stubFile: world.built.besideFile });
    answering(client, () => '"local"');
    expect(await bodyOf(api, 'a')).toBe('"local"');
    expect(instance.stdout).not.toContain('deployed loaded');
    world.relay.disconnect(client.connectionId);
    await client.leave();
    expect(await bodyOf(api, 'b', '2')).toBe(deployed(2));
    await instance.untilOutput('deployed loaded');
    expect(await bodyOf(api, 'c', '3')).toBe(deployed(3));
    instance.child.kill('SIGTERM');
    expect(await instance.ended).toBe('SIGTERM');
  });

  it('with wrap_init = "lazy", an init error is the error of the invocation that needed it', async () => {
    const environment = { LIVE_DEBUG_WRAP_INIT: 'lazy' };
    const { api, instance } = await functions.ready('import nothing_of_this_name', { environment });
    await client.leave();
    const { path, body } = await api.invoke({ id: 'a', event: '1' });
    expect(path).toBe('/2018-06-01/runtime/invocation/a/error');
    expect(JSON.parse(body.toString()).errorType).toBe('ModuleNotFoundError');
    expect(await instance.ended).toBe(1);
  });

  // Within 300 ms: the bench holds it.
  describe('the deployed code answers after', () => {
    const fault = async (api: RecordingRuntimeApi, id: string) => {
      expect(await bodyOf(api, id, '7')).toBe(deployed(7));
    };

    it('a client whose connection is gone, which is not tried again', async () => {
      const { api, instance } = await wrapped();
      world.relay.disconnect(client.connectionId);
      await fault(api, 'a');
      await fault(api, 'b');
      expect(functions.invokeApi.invokes).toBe(1);
      expect(instance.ownLines).toContainEqual(
        expect.objectContaining({ liveDebug: 'nobody got the invocation: the deployed code answers' }),
      );
    });

    it.each([
      ['no permission', 403, 'AccessDeniedException'],
      ['no stub', 404, 'ResourceNotFoundException'],
      ['throttling', 429, 'TooManyRequestsException'],
      ['credentials that have expired', 403, 'ExpiredTokenException'],
      ['credentials of another account', 403, 'UnrecognizedClientException'],
      ['an event that is too large with its variables', 413, 'RequestEntityTooLargeException'],
      ['a network interface that is missing', 502, 'ENILimitReachedException'],
    ])('%s, and does not ask for a while', async (_what, status, type) => {
      const { api, instance } = await wrapped();
      functions.invokeApi.instead = (_request, response) => {
        response.writeHead(status, { 'x-amzn-ErrorType': type }).end('{}');
        return true;
      };
      await fault(api, 'a');
      await fault(api, 'b');
      expect(functions.invokeApi.invokes).toBe(1);
      expect(instance.ownLines).toContainEqual(expect.objectContaining({ why: `HTTP ${status} ${type}` }));
      expect(client.received).toEqual([]);
    });

    it('a Lambda API that can’t be reached', async () => {
      const { api } = await wrapped({ AWS_ENDPOINT_URL_LAMBDA: 'http://127.0.0.1:9' });
      await fault(api, 'a');
      await fault(api, 'b');
      expect(client.received).toEqual([]);
    });

    it.each([
      [
        400,
        'com.amazon.coral.service#ExpiredTokenException',
        'The security token included in the request is expired',
      ],
      [
        400,
        'com.amazon.coral.service#UnrecognizedClientException',
        'The security token included in the request is invalid.',
      ],
      [
        400,
        'com.amazon.coral.service#AccessDeniedException',
        'User: arn:aws:sts::1:role/x is not authorized to perform',
      ],
      [400, 'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException', 'Requested resource not found'],
      [
        400,
        'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
        'The level of configured',
      ],
      [500, 'com.amazonaws.dynamodb.v20120810#InternalServerError', 'Internal server error'],
    ])('a table that answers %i %s', async (status, type, message) => {
      const table = createServer((request, response) => {
        request.resume();
        response.writeHead(status).end(JSON.stringify({ __type: type, message }));
      });
      await new Promise<void>((resolve) => table.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void table.close());
      const { port } = table.address() as { port: number };
      const { api, instance } = await wrapped({ AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${port}` });
      await fault(api, 'a');
      const [, name] = type.split('#');
      expect(instance.ownLines).toEqual([
        {
          liveDebug: "the directory can't be read: the deployed code answers",
          table: 'live-debug',
          why: `OSError: ${name}: ${message}`,
        },
      ]);
      expect(client.received).toEqual([]);
    });

    it('credentials that are missing', async () => {
      const { api, instance } = await wrapped({ AWS_SECRET_ACCESS_KEY: '' });
      await fault(api, 'a');
      expect(JSON.stringify(instance.ownLines)).toContain(
        'the function has no credentials: AWS_SECRET_ACCESS_KEY not set',
      );
    });

    it('a relay that can’t be reached', async () => {
      const { api, instance } = await wrapped();
      const relayUrl = 'http://127.0.0.1:9/live';
      functions.invokeApi.stub = await world.lambda({ stubFile: world.built.besideFile, relayUrl });
      await fault(api, 'a');
      await fault(api, 'b');
      expect(functions.invokeApi.invokes).toBe(1);
      expect(instance.ownLines).toContainEqual(
        expect.objectContaining({ liveDebug: 'nobody got the invocation: the deployed code answers' }),
      );
    });

    it('an answer that is not Lambda’s', async () => {
      const { api, instance } = await wrapped();
      functions.invokeApi.instead = (_request, response) => {
        response.writeHead(407, { 'content-type': 'text/html' }).end('<html>a proxy</html>');
        return true;
      };
      await fault(api, 'a');
      expect(instance.ownLines).toContainEqual(expect.objectContaining({ why: 'HTTP 407 ' }));
    });

    it('a table that does not answer, which is reported once', async () => {
      const silent = createServer(() => undefined);
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => {
        silent.closeAllConnections();
        silent.close();
      });
      const { port } = silent.address() as { port: number };
      const { api } = await wrapped({ AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${port}` });
      await fault(api, 'a');
      await fault(api, 'b');
    });

    it('a stub that did not start', async () => {
      const { api } = await wrapped();
      functions.invokeApi.instead = (_request, response) => {
        const error = { errorType: 'LiveDebugStubConfigError', errorMessage: 'LIVE_DEBUG_TABLE' };
        response.writeHead(200, { 'X-Amz-Function-Error': 'Unhandled' }).end(JSON.stringify(error));
        return true;
      };
      await fault(api, 'a');
    });
  });

  describe('the deployed code never runs what may have begun on a laptop:', () => {
    const errorOf = async (api: RecordingRuntimeApi) => {
      const { path, body } = await api.invoke({ id: 'r', event: '1' });
      expect(path).toBe('/2018-06-01/runtime/invocation/r/error');
      return JSON.parse(body.toString()) as { errorType: string; errorMessage: string };
    };

    it('the connection to the stub is lost', async () => {
      const { api } = await wrapped();
      functions.invokeApi.instead = (request) => {
        request.socket.destroy();
        return true;
      };
      expect((await errorOf(api)).errorType).toBe('LiveDebugLostError');
    });

    it.each([
      ['Runtime.ExitError', 'RequestId: x Error: Runtime exited with error: exit status 1'],
      ['Sandbox.Timedout', 'RequestId: x Error: Task timed out after 15.00 seconds'],
      ['Runtime.OutOfMemory', 'RequestId: x Error: Runtime exited with error: signal: killed'],
    ])('the stub ended with %s', async (errorType, errorMessage) => {
      const { api } = await wrapped();
      functions.invokeApi.instead = (_request, response) => {
        response
          .writeHead(200, { 'X-Amz-Function-Error': 'Unhandled' })
          .end(JSON.stringify({ errorType, errorMessage }));
        return true;
      };
      expect((await errorOf(api)).errorMessage).toContain(`${errorType}: ${errorMessage}`);
    });

    it('Lambda’s answer is cut off, or is not one of the stub’s', async () => {
      const { api } = await wrapped();
      functions.invokeApi.instead = (_request, response) => {
        response.writeHead(200, { 'Content-Length': '100' });
        response.write('{"half":', () => response.destroy());
        return true;
      };
      expect((await errorOf(api)).errorType).toBe('LiveDebugLostError');
      functions.invokeApi.instead = (_request, response) => {
        response.writeHead(200, { 'X-Amz-Function-Error': 'Unhandled' }).end('["not an error"]');
        return true;
      };
      const { path } = await api.invoke({ id: 's', event: '1' });
      expect(path).toBe('/2018-06-01/runtime/invocation/s/error');
    });

    it('the Lambda API answers 500', async () => {
      const { api } = await wrapped();
      functions.invokeApi.instead = (_request, response) => {
        response.writeHead(500, { 'x-amzn-ErrorType': 'ServiceException' }).end('{}');
        return true;
      };
      expect((await errorOf(api)).errorType).toBe('LiveDebugLostError');
    });

    it('the client goes away after it has begun', async () => {
      const { api } = await wrapped();
      const failed = errorOf(api);
      await client.acknowledge(await client.next('invoke'));
      world.relay.disconnect(client.connectionId);
      await client.leave();
      expect((await failed).errorType).toBe('LiveDebugLostError');
    });
  });
});

describe('an event that looks like a wrapper’s', () => {
  it('without the stage’s secret is an event like any other', async () => {
    const client = await world.serve();
    const lambda = await world.lambda({ stubFile: world.built.besideFile });
    const head = Buffer.from('{"requestId":"x"}').toString('base64');
    const event = `{"liveDebugWrapped":"${head}","proof":"${'0'.repeat(64)}","event":1}`;
    const outcome = lambda.invokeText(event);
    const received = await client.next('invoke');
    expect(Buffer.from(received.message.body).toString()).toBe(event);
    await client.answer(received, '1');
    expect((await outcome).ok).toBe(true);
  });
});
