// `livectl serve`: the flags; serve-local.ts does the work.
import { Command, Option, UsageError } from 'clipanion';
import { LivectlCommand } from './livectl-command.ts';

export class ServeCommand extends LivectlCommand {
  static override paths = [['serve']];

  static override usage = Command.Usage({
    description: 'Answer every invocation of the deployed functions with the code in this folder',
    details: `
      Reads livectl.json, builds and watches the sources, and runs each invocation in a worker process of its own
      with the function's environment and credentials. A saved change answers from the next invocation on.

      With \`--local\` nothing of AWS is needed: an embedded cloud on 127.0.0.1 runs the real stub and relay.

      Ctrl-C once finishes what is in flight; twice ends at once.
    `,
    examples: [
      ['Serve the functions of the current folder in a local cloud', 'livectl serve --local'],
      ['Another folder, on a free port', 'livectl serve --local --root examples/quickstart --port 0'],
      ['Two functions of many', 'livectl serve --local --function api --function worker'],
      ['Events for a script, one JSON object a line', 'livectl serve --local --format json'],
    ],
  });

  local = Option.Boolean('--local', false, { description: 'Run a local cloud instead of using AWS' });
  port = Option.String('--port', '3000', { description: 'Port of the local HTTP front; 0 takes a free one' });
  root = Option.String('--root', '.', { description: 'The folder that handler paths are relative to' });
  config = Option.String('--config', { description: 'The manifest; default livectl.json in --root' });
  functions = Option.Array('--function', {
    description: 'Serve only this function; may be given several times',
  });
  maxWorkers = Option.String('--max-workers', '10', {
    description: 'How many invocations run at once; each takes a process',
  });
  format = Option.String('--format', 'pretty', { description: 'pretty, or json: one object a line' });
  verbose = Option.Boolean('--verbose', false, {
    description: 'Also show stack traces of livectl and lines of the stub',
  });

  async run(): Promise<number> {
    const { format } = this;
    if (format !== 'pretty' && format !== 'json')
      throw new UsageError(`--format is pretty or json, not ${format}`);
    const port = wholeNumber('--port', this.port, 0, 65_535);
    const maxWorkers = wholeNumber('--max-workers', this.maxWorkers, 1, 1000);
    if (!this.local) {
      throw new UsageError('this version serves the local cloud only; add --local');
    }
    const { serveLocal } = await import('./serve-local.ts');
    return serveLocal({
      root: this.root,
      config: this.config,
      functions: this.functions,
      port,
      maxWorkers,
      format,
      verbose: this.verbose,
    });
  }
}

function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`${flag} takes a whole number from ${least} to ${most}, not ${text}`);
}
