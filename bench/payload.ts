// The largest event and answer Lambda takes, through the whole loop and back.
import { randomBytes } from 'node:crypto';
import { HttpCaller } from './http-caller.ts';
import type { Figure, Measurement } from './measurement.ts';
import type { Workspace } from './workspace.ts';

/** Lambda's limit on a synchronous request and on its answer: 6 MB of JSON (AWS, "Lambda quotas"). */
const limitBytes = 6 * 1024 * 1024;
/** Left for what the HTTP front puts around the body: method, path, headers. */
const envelopeBytes = 4096;
const warmUp = 2;
const runs = 15;

const handler = `export const handler = async ({ rawPath, body, isBase64Encoded }) => ({
  statusCode: 200,
  headers: { 'content-type': 'application/octet-stream' },
  ...(rawPath.endsWith('/echo') ? { body, isBase64Encoded } : { body: String(body.length) }),
});
`;

export const payload: Measurement = {
  name: 'payload',
  title: '6 MB',
  method: `An HTTP body of a size that makes Lambda's event at most 4 KB smaller than 6 MB; the handler answers with the \
same body ("both ways") or its length ("in only"). Text is one repeated sentence, which compresses well; random bytes travel as base64 \
inside the event, 4.7 MB of them. ${warmUp} calls to warm up, then ${runs}, one at a time; each answer is compared byte \
by byte.`,
  run: measure,
};

async function measure(workspace: Workspace): Promise<readonly Figure[]> {
  const root = workspace.folder({
    'livectl.json': JSON.stringify({
      functions: { big: { handler: 'big.handler', runtime: 'nodejs22.x', timeout: 30 } },
    }),
    'big.mjs': handler,
  });
  const { url } = await workspace.serve(root);
  const caller = new HttpCaller(url);
  workspace.defer(() => caller.close());

  const text = Buffer.alloc(limitBytes - envelopeBytes, 'The quick brown fox jumps over the lazy dog. ');
  const random = randomBytes(Math.floor(((limitBytes - envelopeBytes) * 3) / 4));
  return [
    { what: '6 MB both ways, text', samples: await echoed(caller, text, 'text/plain'), goal: 1000 },
    {
      what: '6 MB both ways, random',
      samples: await echoed(caller, random, 'application/octet-stream'),
      goal: 1000,
    },
    { what: '6 MB in only, text', samples: await counted(caller, text, 'text/plain') },
    { what: '6 MB in only, random', samples: await counted(caller, random, 'application/octet-stream') },
  ];
}

function echoed(caller: HttpCaller, body: Buffer, contentType: string): Promise<number[]> {
  return timed(caller, '/big/echo', body, contentType, (answer) => answer.equals(body));
}

function counted(caller: HttpCaller, body: Buffer, contentType: string): Promise<number[]> {
  return timed(
    caller,
    '/big/length',
    body,
    contentType,
    (answer) => Number(answer.toString()) >= body.length,
  );
}

async function timed(
  caller: HttpCaller,
  path: string,
  body: Buffer,
  contentType: string,
  isRight: (answer: Buffer) => boolean,
): Promise<number[]> {
  const samples: number[] = [];
  for (let count = 0; count < warmUp + runs; count += 1) {
    const answer = await caller.post(path, contentType, body);
    if (answer.status !== 200 || !isRight(answer.body)) {
      throw new Error(`${path} answered ${answer.status}: ${answer.body.toString('utf8', 0, 200)}`);
    }
    if (count >= warmUp) samples.push(answer.ms);
  }
  return samples;
}
