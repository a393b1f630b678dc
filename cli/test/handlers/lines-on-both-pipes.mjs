// Prints in all ways there are, on both pipes: at once, by children, and after its answer, once there is a file `gate`;
// `name` is in each line.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeSync } from 'node:fs';

process.stdout.write('init out\n');
process.stderr.write('init err\n');

export async function handler({ name, child, gate }) {
  process.stderr.write(`in ${name} err\n`);
  process.stdout.write(`in ${name} out\n`);
  writeSync(2, `in ${name} fd 2\n`);
  writeSync(1, `in ${name} fd 1\n`);
  console.error(`in ${name} console`);
  if (child) {
    const script = `echo in ${name} child; echo in ${name} child err >&2`;
    spawnSync('sh', ['-c', script], { stdio: 'inherit' });
    const beside = spawn('sh', ['-c', script], { stdio: 'inherit' });
    process.stdout.write(`in ${name} unfinished`);
    await once(beside, 'exit');
  }
  await new Promise((resolve) => setImmediate(resolve));
  process.stderr.write(`in ${name} end err`);
  process.stdout.write(`in ${name} end out\n`);
  const timer = setInterval(() => {
    if (!existsSync(gate)) return;
    clearInterval(timer);
    process.stderr.write(`after ${name} err\n`);
    console.log(`after ${name} out`);
  }, 1);
  return 'answered';
}
