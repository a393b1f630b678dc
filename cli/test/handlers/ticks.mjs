// A timer of the module's that goes on, and a child beside it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';

let count = 0;
setInterval(() => {
  count += 1;
  console.log('tick');
}, 2);
const child = spawn('sleep', ['60'], { stdio: 'ignore' });

export async function handler({ listen, ticks = 0 }) {
  const until = count + ticks;
  while (count < until) await new Promise((resolve) => setTimeout(resolve, 1));
  let port;
  if (listen) {
    const server = createServer((_request, response) => response.end('still here')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = server.address().port;
  }
  return { pid: process.pid, child: child.pid, port };
}
