// A peer of the relay that only receives and posts: the time of two of them is that of this machine and the line; the rest of an
// invocation is livectl's and the stub's.
//   node dist/bench.mjs network --bare RELAY          the near one: prints its connection id, posts back what it receives
//   node dist/bench.mjs network --bare RELAY ID N     the far one: N times there and back, prints the milliseconds as JSON

import { systemClock } from '../../protocol/clock.ts';
import { HttpClient } from '../../protocol/http-client.ts';
import { openRelaySocket } from '../../protocol/relay-socket.ts';
import { Signer } from '../../protocol/signature.ts';
import { peerCredentials } from './peer-credentials.ts';

/** About the size of an invocation, and of its answer. */
const bodyBytes = 1500;

/** Runs the peer until it has its figures, or its stdin ends. */
export async function barePeer([url = '', otherId, times = '0']: readonly string[]): Promise<void> {
  const { credentials, region } = peerCredentials();
  const http = new HttpClient();
  const signer = new Signer({ service: 'execute-api', region });
  const post = async (id: string, body: string) => {
    const request = {
      method: 'POST',
      url: new URL(`${url}/@connections/${encodeURIComponent(id)}`),
      headers: {},
      body,
    };
    const headers = signer.sign(request, credentials, systemClock.now());
    const { status } = await http.send({ ...request, headers, timeoutMs: 10_000 });
    if (status !== 200) throw new Error(`the relay answered ${status}`);
  };
  let onText: (text: string) => void = (text) => void post(text.split(' ', 1)[0] ?? '', text);
  const common = { url, region, credentials, clock: systemClock, timeoutMs: 10_000 };
  const socket = await openRelaySocket({
    ...common,
    onText: (text) => onText(text),
    onClose: () => process.exit(1),
  });
  if (otherId === undefined) {
    console.log(socket.connectionId);
    process.stdin.resume().on('end', () => process.exit(0));
    return;
  }
  const samples: number[] = [];
  for (let count = 0; count < Number(times); count += 1) {
    const back = new Promise<void>((resolve) => {
      onText = () => resolve();
    });
    const startedAt = performance.now();
    await Promise.all([post(otherId, `${socket.connectionId} `.padEnd(bodyBytes, 'x')), back]);
    samples.push(performance.now() - startedAt);
  }
  console.log(JSON.stringify(samples));
  process.exit(0);
}
