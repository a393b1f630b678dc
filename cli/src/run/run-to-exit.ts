// The frame of a command that runs until it is stopped: ends everything that it has started, and writes its errors.
import { exitCodeOf } from '../exit-code.ts';
import { type FailureOptions, reportFailure } from '../log/failure.ts';
import { processOutput } from '../log/output.ts';
import { Closers } from './closers.ts';

/** Runs `work`, then its closers; resolves with the exit code. Errors are written, not thrown. */
export async function runToExit(
  options: FailureOptions,
  work: (closers: Closers) => Promise<number>,
): Promise<number> {
  const closers = new Closers();
  const failed = (error: unknown) => {
    reportFailure(error, processOutput, options);
    return exitCodeOf(error);
  };
  const exitCode = await work(closers).catch(failed);
  return closers.close().then(() => exitCode, failed);
}
