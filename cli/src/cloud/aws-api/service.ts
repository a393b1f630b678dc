// A service of the cloud's AWS endpoint, as the endpoint knows it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './loopback-server.ts';

/** A service behind the endpoint; returns undefined if nobody is left to answer, or if it has answered itself. */
export interface Service {
  answer(request: IncomingMessage, response: ServerResponse): Promise<Answer | undefined>;
}
