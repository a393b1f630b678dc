// Questions at the terminal, asked only if a person is there to answer.
import { createInterface } from 'node:readline/promises';
import { isAtTerminal, processOutput } from './output.ts';
import { printable } from './printable.ts';
import { style } from './style.ts';

/** Asks until the answer is not empty. Rejects with `Unanswered` on Ctrl-C and Ctrl-D. */
export type Ask = (question: string, choices?: readonly string[]) => Promise<string>;

/** The person pressed Ctrl-C or Ctrl-D instead of answering. */
export class Unanswered extends Error {}

/** Undefined if stdin or stdout is not a terminal. */
export function terminalAsk(): Ask | undefined {
  if (!isAtTerminal()) return undefined;
  const paint = style(processOutput.colour);
  return async (question, choices) => {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    const left = new Promise<never>((_resolve, reject) => {
      lines.once('SIGINT', () => reject(new Unanswered()));
      lines.once('close', () => reject(new Unanswered()));
    });
    try {
      const hint = choices === undefined ? '' : ` ${paint.dim(`(${choices.map(printable).join(', ')})`)}`;
      for (;;) {
        const answer = await Promise.race([
          lines.question(`${paint.ok('?')} ${printable(question)}${hint}: `),
          left,
        ]);
        const text = answer.trim();
        if (text !== '' && (choices?.includes(text) ?? true)) return text;
      }
    } catch (error) {
      // Otherwise the shell's prompt would follow the question on its line.
      process.stdout.write('\n');
      throw error;
    } finally {
      lines.close();
    }
  };
}
