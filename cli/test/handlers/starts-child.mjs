// Leaves a grandchild behind that would run for a minute.
import { spawn } from 'node:child_process';
export const handler = async () => {
  const { pid } = spawn('sleep', ['60'], { stdio: 'ignore' });
  return pid;
};
