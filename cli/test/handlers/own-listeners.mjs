// Listeners of the function's for what nobody catches, before and after the runtime's.
import { writeSync } from 'node:fs';

export async function handler({ alone, event }) {
  if (alone) process.removeAllListeners(event);
  else process.prependListener(event, () => writeSync(1, 'first\n'));
  const answer = new Promise((resolve) => {
    process.on(event, () => {
      writeSync(1, 'second\n');
      resolve('answered');
    });
  });
  if (event === 'unhandledRejection') Promise.reject(new Error('nobody catches this'));
  else
    setTimeout(() => {
      throw new Error('thrown from a timer');
    }, 1);
  return answer;
}
