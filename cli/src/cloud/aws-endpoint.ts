// The embedded cloud's AWS endpoint: one port for the relay, DynamoDB, Lambda's Invoke API and the event sources.
import type { IncomingMessage, Server } from 'node:http';
import { relayStage } from './aws-api/access.ts';
import { createLoopbackServer, jsonAnswer, send } from './aws-api/loopback-server.ts';
import type { Service } from './aws-api/service.ts';
import { claimedService } from './aws-api/sigv4-claim.ts';
import { unsupportedService } from './aws-api/unsupported-service.ts';
import { connectionsPath } from './relay/connections-api.ts';
import type { Relay } from './relay/relay-server.ts';

interface Services {
  readonly relay: Relay;
  readonly connections: Service;
  readonly dynamodb: Service;
  readonly invoke: Service;
  /** Checkpoints and callbacks of durable functions. */
  readonly durable?: Service;
  /** An event source's service, by the name that requests are signed for, e.g. `sns`. */
  readonly source?: (signingName: string) => Service | undefined;
}

/** Paths of Invoke and of InvokeWithResponseStream. */
const invokePath = /^\/(2015-03-31|2021-11-15)\/functions\//;
const durablePath = /^\/2025-12-01\//;

/** The server, not listening yet. */
export function createAwsEndpoint(services: Services): Server {
  const server = createLoopbackServer(async (request, response) => {
    try {
      const service = serviceOf(request, services);
      if (!service) {
        request.resume();
        send(
          response,
          jsonAnswer(403, { message: 'Forbidden' }, { 'x-amzn-ErrorType': 'ForbiddenException' }),
        );
        return;
      }
      const answer = await service.answer(request, response);
      if (answer) send(response, answer);
    } catch {
      // A bug of ours; the services answer every invalid request themselves.
      if (!response.headersSent) send(response, jsonAnswer(500, { message: 'Internal server error' }));
    }
  });
  server.on('upgrade', (request, socket, head) => services.relay.accept(request, socket, head));
  return server;
}

function serviceOf(request: IncomingMessage, services: Services): Service | undefined {
  const { url = '' } = request;
  if (url.startsWith(connectionsPath)) return services.connections;
  if (invokePath.test(url)) return services.invoke;
  if (durablePath.test(url) && claimedService(request.headers, url) === 'lambda') return services.durable;
  const name = claimedService(request.headers, url);
  // Objects may have any name, even `live`.
  const source = name === undefined ? undefined : services.source?.(name);
  if (source) return source;
  if (url === `/${relayStage}` || url.startsWith(`/${relayStage}?`) || url.startsWith(`/${relayStage}/`))
    return undefined;
  // DynamoDB answers requests that are not signed at all.
  return name === undefined || name === 'dynamodb' ? services.dynamodb : unsupportedService;
}
