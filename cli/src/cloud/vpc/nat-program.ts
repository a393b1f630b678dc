// The NAT of `livectl cloud --vpc`: a program inside the network namespace, in which nothing of this machine can be reached. It
// runs the tunnel function, and carries its connections to the cloud over a Unix socket. Built into one file, run by Node.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { joinSockets } from './join-sockets.ts';
import { dial, natVariable, readNatSettings } from './nat-door.ts';

const [program = '', ...args] = process.argv.slice(2);
const { [natVariable]: settings = '', ...variables } = process.env;
const { port, socket: door } = readNatSettings(settings);
const [, runtimeApiPort = ''] = (variables.AWS_LAMBDA_RUNTIME_API ?? '').split(':');

let end = () => process.exit(1);

// Nothing comes over it. When it ends, the cloud is gone, however that ended.
dial(door, 0)
  .on('error', () => undefined)
  .on('end', () => end())
  .on('close', () => end())
  .resume();

const here = new Map<string, string>();
for (const each of [port, Number(runtimeApiPort)]) here.set(`127.0.0.1:${each}`, await stand(each));

/** Listens in the namespace, on a port that is free there, for what the cloud has on `wanted`. */
async function stand(wanted: number): Promise<string> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    joinSockets(socket, dial(door, wanted)),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const env = Object.fromEntries(
  Object.entries(variables).map(([name, value = '']) => [
    name,
    value.replace(/127\.0\.0\.1:\d{1,5}(?!\d)/g, (address) => here.get(address) ?? address),
  ]),
);
const child = spawn(program, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
end = () => {
  child.kill('SIGKILL');
  return process.exit(1);
};
// As if the function had been started without a NAT.
child.once('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
child.once('exit', (code, signal) => {
  if (signal !== null) process.kill(process.pid, signal);
  else process.exit(code ?? 1);
});
