// Starts the embedded cloud of `serve --local`: relay, DynamoDB, Lambda host and HTTP API, all on 127.0.0.1.
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { manifestItem, manifestPartition, secretItem } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { within } from '../../../protocol/within.ts';
import { stageDocument } from '../manifest/stage-document.ts';
import {
  accountId,
  createDeployer,
  createDeveloper,
  createStubRole,
  createTunnelRole,
  functionArn,
  type Principal,
  region,
  relayStage,
} from './aws-api/access.ts';
import { httpLimits } from './aws-api/aws-limits.ts';
import { startHttp2Gateway } from './aws-api/http2-gateway.ts';
import { closeServer, listen } from './aws-api/loopback-server.ts';
import { SigV4Verifier } from './aws-api/sigv4-verify.ts';
import { createAwsEndpoint } from './aws-endpoint.ts';
import type { Cloud, CloudOptions, StubFailure } from './cloud.ts';
import { TableApi } from './dynamodb/table-api.ts';
import { EventSources } from './event-sources.ts';
import { FunctionUrls } from './http-api/function-urls.ts';
import { HttpApi } from './http-api/http-api.ts';
import { HttpDoor } from './http-api/http-door.ts';
import { callablePath, RouteTable } from './http-api/routes.ts';
import { BesideStubs, besideName } from './lambda/beside-stubs.ts';
import { DurableApi } from './lambda/durable/durable-api.ts';
import { DurableExecutions } from './lambda/durable/executions.ts';
import { functionConfiguration } from './lambda/function-configuration.ts';
import { InvokeApi } from './lambda/invoke-api.ts';
import { LambdaHost } from './lambda/lambda-host.ts';
import { deployedTimeout, deployedVariables, ownEndpoints } from './lambda/stub-environment.ts';
import { TunnelFunction } from './lambda/tunnel-function.ts';
import { unpack } from './lambda/unpack.ts';
import { wrappedProgram, wrapperName } from './lambda/wrapped-function.ts';
import { ConnectionsApi } from './relay/connections-api.ts';
import { Relay } from './relay/relay-server.ts';
import { planSources } from './sources.ts';
import { triggerTargets } from './trigger-targets.ts';

const defaultMaxInstances = 20;

/** How long one step of closing may take, in milliseconds; all steps have their own, shorter bounds. */
const stepBoundMs = 3000;

/** Longer than anybody stays at a breakpoint. */
const liftedSeconds = 24 * 60 * 60;

/**
 * Deploys the stub for every function and starts all servers. Throws LD_CONFIG for invalid or conflicting routes, and
 * LD_PORT_IN_USE if the HTTP front's port is in use; nothing is left behind then.
 */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const { functions, stage, onEvent, clock = systemClock } = options;
  const tableName = `live-debug-${stage}`;
  const planned = planSources(functions, stage);
  const statements = planned.flatMap((each) => each.statements);
  const { kept } = options;
  const known = (created: Principal) => kept?.principal(created) ?? created;
  const developer = known(createDeveloper(tableName, stage, statements, options.vpc !== undefined));
  const deployer = known(createDeployer(tableName));
  const stubRole = known(createStubRole(tableName, stage, statements));
  const tunnelRole = createTunnelRole(tableName, stage);
  const verifier = new SigV4Verifier(region, [developer, deployer, stubRole, tunnelRole], clock);
  const routes = new RouteTable(functions);
  const functionUrls = new FunctionUrls(functions);

  const stubSha256 = createHash('sha256').update(options.stubZip).digest('base64');
  const relay = new Relay(verifier, clock);
  const dynamodb = new TableApi(tableName, verifier, clock);
  // As Terraform creates it, for this run only.
  const secret = randomBytes(32).toString('base64');
  const deploy = (item: string, fields: Readonly<Record<string, { readonly S: string }>>) =>
    dynamodb.deploy({ stage: { S: manifestPartition(stage) }, item: { S: item }, ...fields });
  deploy(secretItem, { secret: { S: secret } });
  const connections = new ConnectionsApi(relay, verifier, clock, options.faults);
  const closers: (() => void | Promise<void>)[] = [() => dynamodb.close()];
  const close = async () => {
    // In reverse: first refuse new requests and let answers finish, then end what runs, then what it used.
    for (const step of closers.splice(0).reverse())
      await within(systemClock, stepBoundMs, Promise.resolve(step()));
  };
  try {
    const taskRoot = join(options.tempDir, 'stub');
    const endpoint = createAwsEndpoint({
      relay,
      connections,
      dynamodb,
      invoke: { answer: (request, response) => invokeApi.answer(request, response) },
      durable: { answer: (request) => durableApi.answer(request) },
      source: (name) => sources.service(name),
    });
    // Another program may have got it in between.
    const endpointPort = await listen(endpoint, kept?.endpointPort ?? 0).catch(() => listen(endpoint, 0));
    if (kept) kept.endpointPort = endpointPort;
    const endpointUrl = `http://127.0.0.1:${endpointPort}`;
    closers.push(() => {
      const endpointClosed = closeServer(endpoint);
      // The server does not count WebSockets as its own, but waits for them.
      relay.close();
      return endpointClosed;
    });
    const http2Variables = planned.flatMap(({ http2Variable }) => http2Variable ?? []);
    const gateway = http2Variables.length > 0 ? await startHttp2Gateway(endpointPort) : undefined;
    closers.push(async () => gateway?.close());
    const serviceUrls = Object.fromEntries(http2Variables.map((name) => [name, gateway?.url ?? endpointUrl]));
    const relayUrl = `${endpointUrl}/${relayStage}`;

    await unpack(options.stubZip, taskRoot);
    const layer = join(options.tempDir, 'wrapper');
    const { nodeCommand = [process.execPath], nodeRuntimeFile, wrapper } = options;
    if (wrapper) await unpack(wrapper.zip, layer, [wrapperName]);
    const isWrapped = new Set(functions.filter(({ wrap }) => wrap).map(({ name }) => name));
    const place = {
      stage,
      tableName,
      relayUrl,
      secret,
      directoryUrl: endpointUrl,
      endpointUrl,
      serviceUrls,
      role: stubRole,
      patience: options.patience,
      observeOnly: options.observeOnly,
    };
    const hosting = {
      functions,
      command: [...nodeCommand, nodeRuntimeFile] as [string, ...string[]],
      maxInstances: options.maxInstances ?? defaultMaxInstances,
      timeoutOf: options.liftTimeouts ? () => liftedSeconds : deployedTimeout,
      place,
      clock,
      onLog: (functionName: string, message: string) =>
        onEvent({ type: isWrapped.has(functionName) ? 'deployed_log' : 'stub_log', functionName, message }),
      onFailed: (functionName: string, failure: StubFailure) =>
        onEvent({
          type: isWrapped.has(functionName) ? 'deployed_failed' : 'stub_failed',
          functionName,
          ...failure,
        }),
    };
    const besides = await BesideStubs.unpacked({
      ...hosting,
      zip: wrapper?.besideZip,
      folder: join(options.tempDir, 'beside'),
    });
    closers.push(() => besides.close());
    const tunnel =
      options.vpc &&
      (await TunnelFunction.deploy({
        vpc: options.vpc,
        folder: join(options.tempDir, 'tunnel'),
        place: { ...place, role: tunnelRole },
        endpointPort,
        nodeCommand,
        nodeRuntimeFile,
        clock,
        onEvent,
      }));
    closers.push(() => tunnel?.close());
    const host = new LambdaHost({
      ...hosting,
      taskRoot,
      wrapped: async (deployed, logStreamName) => {
        const code = await wrapper?.deployedCode(deployed.name);
        if (!wrapper || !code) return undefined;
        const runtime = {
          layer,
          nodeCommand,
          nodeRuntimeFile,
          pythonRuntimeFile: wrapper.pythonRuntimeFile,
          besideName: besideName(deployed, stage),
        };
        return wrappedProgram(deployed, code, place, logStreamName, runtime);
      },
    });
    closers.push(() => host.close());
    const executions = new DurableExecutions({ functions, host, clock, onEvent });
    closers.push(() => executions.close());
    const durableApi = new DurableApi(executions, verifier);
    const isDeployed = new Set(functions.map(({ name }) => name));
    const sources = new EventSources({
      planned,
      kept,
      isDeployed: (name) => isDeployed.has(name),
      host: executions,
      verifier,
      dynamodb,
      clock,
      endpointUrl,
      liftedSeconds: options.liftTimeouts ? liftedSeconds : undefined,
      onEvent,
    });
    closers.push(() => sources.close());
    const configurations = new Map(
      functions.map((each) => [each.name, functionConfiguration(each, place, stubSha256)]),
    );
    const hosts = besides.with(host);
    const invokeApi = new InvokeApi({
      host: tunnel?.with(hosts) ?? hosts,
      executions,
      invocations: tunnel?.beside(sources.invocations) ?? sources.invocations,
      verifier,
      configurationOf: (name) => configurations.get(name),
    });

    const integrationMs = options.liftTimeouts ? liftedSeconds * 1000 : httpLimits.integrationMs;
    const issuers = new HttpClient({ agentFor: options.agentFor ?? (() => undefined) });
    closers.push(() => issuers.close());
    const front = new HttpApi({
      routes,
      functionUrls,
      door: new HttpDoor({ functions, verifier, clock, http: issuers }),
      verifier,
      developer,
      host: executions,
      clock,
      onEvent,
      integrationMs,
      allowOrigins: new Map(
        functions.map(({ name, triggers: { http } }) => [name, http?.cors?.allow_origins ?? []]),
      ),
      allowOtherUsers: options.allowOtherUsers ?? false,
    });
    const url = `http://127.0.0.1:${await front.listen(options.port)}`;
    closers.push(() => front.close());

    const ownUrls = functionUrls.addresses(url);
    const httpUrls = new Map(
      functions.map((each) => {
        const ownUrl = each.triggers.http ? undefined : ownUrls.get(each.name);
        return [each.name, ownUrl ?? url + callablePath(each)];
      }),
    );

    const targets = triggerTargets(functions, { stage, endpointUrl, functionUrls: httpUrls, ownUrls });
    if (options.manifest) {
      const { vpc } = options;
      const facts = {
        stage,
        region,
        accountId,
        relayUrl,
        tableName,
        stubSha256,
        functionArn,
        targets,
        tunnel: vpc && { allow: [...vpc.allow] },
        isObserveOnly: options.observeOnly,
      };
      deploy(manifestItem, { document: { S: stageDocument(options.manifest, facts) } });
    }
    return {
      url,
      tunnelFunction: tunnel?.functionName,
      functionUrls: httpUrls,
      ownUrls,
      triggerTargets: targets,
      region,
      variables: new Map(
        functions.map((each) => [each.name, deployedVariables(each, { endpointUrl, serviceUrls })]),
      ),
      endpointVariables: ownEndpoints({ endpointUrl, serviceUrls }),
      endpointUrl,
      relayUrl,
      directoryUrl: endpointUrl,
      tableName,
      developerCredentials: developer.credentials,
      stubCredentials: stubRole.credentials,
      deployerCredentials: deployer.credentials,
      invoke: (functionName, payload) => executions.invoke(functionName, payload),
      resumeSources: () => sources.resume(),
      pauseSources: () => sources.pause(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
