// [1] The shortest way between the runtime and Lambda, for what the proxy has failed with: nothing but Node's own parts.
import { type IncomingMessage, type OutgoingMessage, request, type ServerResponse } from 'node:http';

/** Passes a request on of which nothing has been sent, and its answer back. `address`: of Lambda's Runtime API. */
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

/** The head of an answer as it came. */
export function headPlainly(response: ServerResponse, answer: IncomingMessage): void {
  response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
}

/** Body and trailers, which say how a streamed response ended. */
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
