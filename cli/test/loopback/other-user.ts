// Another user of this machine, for tests: only root can be one.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

const uid = 12_345;
const asOther = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];

/** Whether this process may run programs as another user. */
export const canBeAnotherUser =
  process.getuid?.() === 0 &&
  spawnSync(asOther[0] ?? '', [...asOther.slice(1), process.execPath, '--version']).status === 0;

/** What another user gets for these bytes, sent to a port of 127.0.0.1: the first piece, or nothing where he is cut off. */
export async function sentByAnotherUser(port: number, bytes: string): Promise<string> {
  const script = `
    const socket = require('net').connect({ port: ${port}, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.write(Buffer.from(${JSON.stringify(bytes)}, 'latin1'));
    // All that is answered here comes in one piece.
    socket.once('data', (data) => process.stdout.write(data, () => socket.destroy()));`;
  const child = spawn(asOther[0] ?? '', [...asOther.slice(1), process.execPath, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('latin1').on('data', (data: string) => {
    text += data;
  });
  await once(child, 'close');
  return text;
}
