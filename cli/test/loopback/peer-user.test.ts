// Which user owns the other end of a connection, by the kernel's tables, real and made up.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type Peer, peerIn, peerOf } from '../../src/loopback/peer-user.ts';
import { canBeAnotherUser, sentByAnotherUser } from './other-user.ts';

const here = { address: '127.0.0.1', port: 0x8263 };
const there = { address: '127.0.0.1', port: 0xc692 };
const head =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const line = (local: string, remote: string, state: string, uid: number, inode: number) =>
  `   7: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 ${inode} 1 0000000000000000 20 4 30 10 -1`;
const theirs = (uid: number, inode: number, state = '01') =>
  line('0100007F:C692', '0100007F:8263', state, uid, inode);
const ours = (state = '01') => line('0100007F:8263', '0100007F:C692', state, 1000, 55);
const mapped = '0000000000000000FFFF0000';

async function* table(lines: readonly string[]): AsyncGenerator<string> {
  yield* [head, ...lines];
}

// As x86 and ARM print addresses.
test.each<[Peer, string, string[], string[]]>([
  ['own', 'of this user', [ours(), theirs(1000, 56)], []],
  ['own', 'of root', [theirs(0, 56), ours()], []],
  ['other', 'of another user', [ours(), theirs(1001, 56)], []],
  ['other', 'half closed by another user', [ours('08'), theirs(1001, 56, '05')], []],
  ['gone', 'that no process has any more', [ours('08'), theirs(0, 0, '05')], []],
  ['gone', 'that is over', [ours('08')], []],
  ['gone', 'of which nothing is left', [], []],
  ['elsewhere', 'from beyond this system', [ours()], []],
  ['own', 'by IPv6', [ours()], [line(`${mapped}0100007F:C692`, `${mapped}0100007F:8263`, '01', 1000, 56)]],
  ['other', 'by IPv6', [ours()], [line(`${mapped}0100007F:C692`, `${mapped}0100007F:8263`, '01', 1001, 56)]],
  // Ports that only end alike, and the other direction.
  ['gone', 'that is not in it', [line('0100007F:0C692', '0100007F:8263', '01', 1000, 56)], []],
])('%s: a connection %s', async (peer, _, tcp, tcp6) => {
  expect(await peerIn([table(tcp), table(tcp6)], here, there, 1000)).toBe(peer);
});

test('without IPv6 the other table is used; without both there is no answer', async () => {
  // biome-ignore lint/correctness/useYield: a file that is not there
  async function* missing(): AsyncGenerator<string> {
    throw new Error('ENOENT');
  }
  expect(await peerIn([table([theirs(1000, 56)]), missing()], here, there, 1000)).toBe('own');
  await expect(peerIn([missing(), missing()], here, there, 1000)).rejects.toThrow('ENOENT');
});

test('of real connections: this user’s, another user’s, and one that has gone', async () => {
  const accepted: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of accepted) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const isReported = process.platform === 'linux';
  for (const options of [{}, { localAddress: '127.9.9.9' }]) {
    const client = connect({ port, host: '127.0.0.1', ...options });
    const [socket] = await once(server, 'connection');
    expect(await peerOf(socket)).toBe(isReported ? 'own' : 'unknown');
    client.destroy();
  }
  if (!isReported) return;
  const left = connect({ port, host: '127.0.0.1' });
  const [socket] = await once(server, 'connection');
  left.resetAndDestroy();
  await once(left, 'close');
  expect(await peerOf(socket)).toBe('gone');
  if (!canBeAnotherUser) return;
  const sent = sentByAnotherUser(port, 'x');
  const [stranger] = await once(server, 'connection');
  expect(await peerOf(stranger)).toBe('other');
  stranger.destroy();
  await sent;
});
