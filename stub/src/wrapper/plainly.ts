// [1] After a fault of the proxy: passes messages between the runtime and Lambda with nothing but Node's own modules.
import { type IncomingMessage, type OutgoingMessage, request, type ServerResponse } from 'node:http';

/** Passes on a request of which nothing has been sent, and its answer. `address`: of Lambda's Runtime API. */
export function passPlainly(address: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, rawHeaders, url = '' } = incoming;
  const fail = () => {
    outgoing.destroy();
    response.destroy();
  };
  const outgoing = request(`http://${address}${url}`, { method, headers: rawHeaders as never }, (answer) => {
    headPlainly(response, answer);
    pipePlainly(answer, response, fail);
  });
  outgoing.on('error', fail);
  pipePlainly(incoming, outgoing, fail);
}

/** Writes the head of an answer unchanged. */
export function headPlainly(response: ServerResponse, answer: IncomingMessage): void {
  response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
}

/** Passes on body and trailers, which say how a streamed response ended. */
export function pipePlainly(from: IncomingMessage, to: OutgoingMessage, fail: () => void): void {
  from.once('end', () => {
    const { rawTrailers } = from;
    const names = rawTrailers.filter((_, at) => at % 2 === 0);
    if (names.length > 0)
      to.addTrailers(names.map((name, at): [string, string] => [name, rawTrailers[2 * at + 1] ?? '']));
  });
  from.once('error', fail);
  from.once('aborted', fail);
  from.pipe(to);
}
