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

/** Writes the head of an answer unchanged, but for the length of a body that is not the answer's own. */
export function headPlainly(response: ServerResponse, answer: IncomingMessage, bytes?: number): void {
  const headers = [...answer.rawHeaders];
  for (let at = 0; at < headers.length; at += 2)
    if (bytes !== undefined && /^content-length$/i.test(headers[at] ?? '')) headers[at + 1] = String(bytes);
  response.writeHead(answer.statusCode ?? 502, headers);
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
