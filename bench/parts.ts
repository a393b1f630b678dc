// What the two ends compute for every message, measured alone, where the network can't hide it.
import { AwsV4Signer } from 'aws4fetch';
import type { Message } from '../protocol/message.ts';
import { channelFromSender, channelToClient, generateClientKeys } from '../protocol/sealing.ts';
import { Signer } from '../protocol/signature.ts';
import { parseStageSecret } from '../protocol/stage-secret.ts';
import { decodeMessage, encodeMessage, parseWire } from '../protocol/wire.ts';
import type { Figure, Measurement } from './measurement.ts';

const warmUp = 500;
const runs = 2000;
const agreements = 100;
const stage = 'bench';
const secret = parseStageSecret(Buffer.alloc(32, 7).toString('base64'));

const scope = { service: 'execute-api', region: 'eu-west-1' };
const keys = {
  accessKeyId: 'ASIABENCHBENCHBENCH1',
  secretAccessKey: 'not-a-secret',
  sessionToken: 't'.repeat(600),
};
const url = 'https://abcdefghij.execute-api.eu-west-1.amazonaws.com/live/@connections/L0SM9cOFIAMCIdw%3D';
const kilobyte = new Uint8Array(1024);

export const parts: Measurement = {
  name: 'parts',
  title: 'Parts of an invocation',
  method: `Called one after the other inside the bench: ${warmUp} calls to warm up, then ${runs} (${agreements} key \
agreements, which a stub instance pays once per client). A signature is that of a POST of 1 KB with a session token. \
“Invocation written and read”: an invocation of 3 KB is encrypted and encoded as wire text, then decoded and decrypted.`,
  run: measure,
};

async function measure(): Promise<readonly Figure[]> {
  const client = await generateClientKeys();
  const toClient = await channelToClient(client.publicKey, stage, secret);
  const fromStub = await channelFromSender(client, toClient.enc, stage, secret);
  const signer = new Signer(scope);
  const parsedUrl = new URL(url);
  const message = invocation();

  return [
    {
      what: 'signature, livectl’s',
      samples: await timed(runs, () =>
        signer.sign({ method: 'POST', url: parsedUrl, body: kilobyte }, keys, Date.now()),
      ),
    },
    {
      what: 'signature, aws4fetch’s',
      samples: await timed(runs, () =>
        new AwsV4Signer({ ...scope, ...keys, method: 'POST', url, body: kilobyte }).sign(),
      ),
    },
    {
      what: 'invocation written and read',
      samples: await timed(runs, async () => {
        const [text = ''] = await encodeMessage(message, toClient, true);
        const chunk = parseWire(text);
        if (typeof chunk === 'string') throw new Error(chunk);
        const opened = fromStub.open(chunk.headerText, chunk.sealed);
        if (opened === undefined) throw new Error('the message does not open');
        await decodeMessage(chunk.header, opened);
      }),
    },
    {
      what: 'key agreement, both ends',
      samples: await timed(agreements, async () => {
        const { enc } = await channelToClient(client.publicKey, stage, secret);
        await channelFromSender(client, enc, stage, secret);
      }),
    },
  ];
}

async function timed(count: number, work: () => unknown): Promise<number[]> {
  for (let call = 0; call < Math.min(count, warmUp); call += 1) await work();
  const samples: number[] = [];
  for (let call = 0; call < count; call += 1) {
    const startedAt = performance.now();
    await work();
    samples.push(performance.now() - startedAt);
  }
  return samples;
}

function invocation(): Message<'invoke'> {
  const now = Date.now();
  return {
    type: 'invoke',
    id: '00000000-0000-4000-8000-000000000000',
    attempt: 1,
    head: {
      requestId: '00000000-0000-4000-8000-000000000001',
      function: 'hello',
      instance: '00000000-0000-4000-8000-000000000002',
      replyTo: 'L0SM9cOFIAMCIdw=',
      sentAt: now,
      deadline: now + 10_000,
      arn: 'arn:aws:lambda:eu-west-1:000000000000:function:hello',
      environment: { GREETING: 'hi', AWS_SESSION_TOKEN: keys.sessionToken },
    },
    body: Buffer.from(JSON.stringify({ version: '2.0', body: 'x'.repeat(2000) })),
  };
}
