// Starts processes that leave its process group, as puppeteer's browser does, prints their ids, and does as it is told.
import { spawn, spawnSync } from 'node:child_process';

export async function handler({ then }) {
  const detached = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  const bare = spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore', env: {} });
  // Its parent ends at once: nobody's child.
  const daemon = spawnSync('sh', ['-c', 'setsid sleep 60 >/dev/null 2>&1 & echo $!'], { encoding: 'utf8' });
  const pids = [process.pid, detached.pid, bare.pid, Number(daemon.stdout)];
  // Without an environment it is known by its parent only.
  console.log(JSON.stringify(then === 'exit' ? pids.filter((pid) => pid !== bare.pid) : pids));
  if (then === 'exit') {
    process.kill(bare.pid, 'SIGKILL');
    process.exit(1);
  }
  while (then === 'block') {}
  if (then === 'wait') await new Promise((resolve) => setTimeout(resolve, 60_000));
  return pids;
}
