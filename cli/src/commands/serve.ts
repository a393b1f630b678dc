// `livectl serve`: its flags; serve/ does the work.
import { Command, Option, UsageError } from 'clipanion';
import type { OutputFormat } from '../log/output.ts';
import { defaultDebugPort } from '../worker/debug/default-debug-port.ts';
import { describeFlag } from './flag-help.ts';
import { sampleRate, wholeNumber } from './flag-values.ts';
import { outputFlags } from './livectl-command.ts';
import { PlaceCommand } from './place-command.ts';

export class ServeCommand extends PlaceCommand {
  static override paths = [['serve']];

  static override usage = Command.Usage({
    description: 'Answer every invocation with the code in this folder',
    details: `
      Reads livectl.json, builds and watches the sources, and runs each invocation in a worker process of its own
      with the function's environment and credentials. A saved change answers from the next invocation on.

      \`--stage\` serves a stage that the Terraform module deployed to AWS: its table tells livectl everything else.
      The last one to serve wins; the one before is notified and ends with exit code 3.

      \`--local\` needs no AWS account: an embedded cloud on 127.0.0.1 runs the real stub and relay.

      \`--only\` shares a stage: \`header:NAME=VALUE\`, \`query:\`, \`cookie:\`, \`attribute:\` (of messages), \`baggage:\`, \`detail:\`
      (of the payload), \`path:/orders/*\`, \`method:POST\`, or an EventBridge event pattern as JSON or \`@FILE\`. Functions must be
      wrapped or have a \`fallback_arn\`.

      \`--observe\` shows what the deployed code answers, and runs nothing: a copy of event and answer arrives after the answer has
      gone out.

      Variables come from \`--env\`, \`--env-file\`, \`.env\` beside livectl.json, and the function's own, in this order. A saved file
      starts new workers for the functions that it concerns.

      Press Ctrl-C once to finish what is in flight, twice to end at once.
    `,
    examples: [
      ['Serve a stage on AWS', 'livectl serve --stage dev-tom'],
      [
        'The same with another profile, and only if nobody serves it',
        'livectl serve --stage dev-tom --profile dev --no-takeover',
      ],
      ['Serve the functions of the current folder in a local cloud', 'livectl serve --local'],
      ['Another folder, on a free port', 'livectl serve --local --root examples/quickstart --port 0'],
      ['Two functions of many', 'livectl serve --local --function api --function worker'],
      [
        'Share a stage: only your requests, the deployed code answers all others',
        'livectl serve --stage dev --only header:x-dev=tom',
      ],
      [
        'Watch what the deployed code answers, at most 10 invocations a second of each instance',
        'livectl serve --stage staging --observe --sample 10/s',
      ],
      [
        'Another log level and database for one function',
        'livectl serve --local --env LEVEL=debug --env orders:DB=test',
      ],
      ['Stop at breakpoints: attach a debugger to port 9229', 'livectl serve --local --inspect'],
      ['Events for a script, one JSON object a line', 'livectl serve --local --format json'],
    ],
  });

  noTakeover = Option.Boolean('--no-takeover', false, {
    description: describeFlag(
      'Sharing a stage',
      'Refuse, with exit code 3, if somebody serves the stage already',
    ),
  });
  port = Option.String('--port', '3000', {
    description: describeFlag(
      'Network',
      'PORT',
      'Port of the local HTTP API; default 3000, 0 takes a free one',
    ),
  });
  allowOtherUsers = Option.Boolean('--allow-other-users', false, {
    description: describeFlag(
      'Network',
      'With --local: let other users of this machine call functions over HTTP (Linux)',
    ),
  });
  functions = Option.Array('--function', {
    description: describeFlag('Functions', 'NAME', 'Serve only this function; repeatable'),
  });
  only = Option.Array('--only', {
    description: describeFlag(
      'Sharing a stage',
      'FILTER|@FILE',
      'Serve only what matches this filter, e.g. header:x-dev=tom; the deployed code answers everything else; repeatable',
    ),
  });
  observe = Option.Boolean('--observe', false, {
    description: describeFlag(
      'Sharing a stage',
      'Show copies of what the deployed code answers; nothing runs here',
    ),
  });
  sample = Option.String('--sample', {
    description: describeFlag(
      'Sharing a stage',
      'RATE',
      'With --observe: most copies of each instance, e.g. 10/s, the default',
    ),
  });
  env = Option.Array('--env', {
    description: describeFlag(
      'Functions',
      'NAME=VALUE|@FILE',
      'Set a variable for functions, e.g. LEVEL=debug, or those of a file, @FILE; orders:LEVEL=debug for one function; repeatable',
    ),
  });
  envFile = Option.Array('--env-file', {
    description: describeFlag(
      'Functions',
      'FILE',
      'Set the variables of a file, as --env @FILE does; .env beside livectl.json is always read; repeatable',
    ),
  });
  maxWorkers = Option.String('--max-workers', '10', {
    description: describeFlag(
      'Functions',
      'COUNT',
      'How many invocations run at once, each in its own process; default 10',
    ),
  });
  noTimeout = Option.Boolean('--no-timeout', false, {
    description: describeFlag(
      'Debugging',
      'Let functions run past their own timeouts, for as long as AWS waits',
    ),
  });
  noFreeze = Option.Boolean('--no-freeze', false, {
    description: describeFlag(
      'Functions',
      'Let functions run on between invocations; by default they are held still, as on Lambda',
    ),
  });
  trustManifest = Option.Boolean('--trust-manifest', false, {
    description: describeFlag(
      'Functions',
      'Run the programs that the stage’s manifest names without asking, e.g. in a script',
    ),
  });
  fetchLayers = Option.Boolean('--fetch-layers', false, {
    description: describeFlag(
      'Functions',
      'Fetch layers that functions name by ARN, once, without asking, and use their code',
    ),
  });
  noLayers = Option.Boolean('--no-layers', false, {
    description: describeFlag('Functions', 'Fetch no layers and ask nothing: only layer_dirs count'),
  });
  noMachineProxy = Option.Boolean('--no-machine-proxy', false, {
    description: describeFlag(
      'Network',
      'Do not pass the proxies and certificate authorities of this machine to functions',
    ),
  });
  noTunnel = Option.Boolean('--no-tunnel', false, {
    description: describeFlag(
      'Network',
      'Connect to private addresses from this machine, even if the stage has a tunnel into its VPC',
    ),
  });
  inspect = Option.String('--inspect', {
    tolerateBoolean: true,
    description: describeFlag(
      'Debugging',
      '[=PORT]',
      'Let debuggers attach; --inspect=PORT sets the first function’s port (default 9229), the others get the next ones',
    ),
  });
  noInspector = Option.Boolean('--no-inspector', false, {
    description: describeFlag(
      'Debugging',
      'Do not serve the inspector’s page and API on a port of this machine',
    ),
  });
  noRecord = Option.Boolean('--no-record', false, {
    description: describeFlag(
      'Debugging',
      'Do not write invocations to .livectl/recordings; the newest stay in memory',
    ),
  });
  timestamps = Option.Boolean('--timestamps', false, {
    description: describeFlag('Output', 'Begin each line with the time, to the millisecond'),
  });
  format = outputFlags.format('one object a line');
  verbose = outputFlags.verbose(' and the stub’s output');

  async run(format: OutputFormat): Promise<number> {
    const place = this.parsePlace();
    const port = wholeNumber('--port', this.port, 0, 65_535);
    const maxWorkers = wholeNumber('--max-workers', this.maxWorkers, 1, 1000);
    const { onlyFilters } = await import('../serve/only-filter.ts');
    if (this.observe) {
      const flags = this.#servingFlags();
      if (place.kind === 'local') throw new UsageError('--observe needs --stage');
      if (flags.length > 0)
        throw new UsageError(`--observe runs no code here: leave out ${flags.join(', ')}`);
      const { serveObserve } = await import('../serve/serve-observe.ts');
      const { functions, only = [], sample = '10/s', verbose } = this;
      const observing = { functions, filters: onlyFilters(only), perSecond: sampleRate(sample) };
      const recording = { root: this.root, config: this.config, record: !this.noRecord };
      return serveObserve({
        ...place,
        ...observing,
        ...recording,
        inspector: !this.noInspector,
        format,
        timestamps: this.timestamps,
        verbose,
      });
    }
    if (this.sample !== undefined) throw new UsageError('--sample needs --observe');
    if (this.fetchLayers && this.noLayers)
      throw new UsageError('--fetch-layers and --no-layers cannot be combined');
    const { givenVariables } = await import('../serve/given-variables.ts');
    const common = {
      root: this.root,
      functions: this.functions,
      filters: onlyFilters(this.only ?? []),
      maxWorkers,
      noTakeover: this.noTakeover,
      noTimeout: this.noTimeout,
      machineProxy: !this.noMachineProxy,
      tunnel: !this.noTunnel,
      layers: this.noLayers ? 'leave-out' : this.fetchLayers ? 'fetch' : 'ask',
      // With lifted timeouts, functions may be under another kind of debugger, whose target must not be frozen.
      freeze: !this.noFreeze && !this.noTimeout,
      inspect: inspectPort(this.inspect),
      inspector: !this.noInspector,
      config: this.config,
      record: !this.noRecord,
      variables: givenVariables(this.env, this.envFile),
      format,
      timestamps: this.timestamps,
      verbose: this.verbose,
    } as const;
    if (place.kind === 'local') {
      if (this.trustManifest) throw new UsageError('--trust-manifest needs --stage');
      const { serveLocal } = await import('../serve/serve-local.ts');
      return serveLocal({ ...common, port, allowOtherUsers: this.allowOtherUsers });
    }
    const { serveStage } = await import('../serve/serve-stage.ts');
    return serveStage({ ...common, ...place, trustManifest: this.trustManifest });
  }

  /** Those flags that were given and say how code is served. */
  #servingFlags(): string[] {
    const given: Readonly<Record<string, boolean>> = {
      '--no-takeover': this.noTakeover,
      '--trust-manifest': this.trustManifest,
      '--port': this.port !== defaults.port,
      '--allow-other-users': this.allowOtherUsers,
      '--env': this.env !== undefined,
      '--env-file': this.envFile !== undefined,
      '--max-workers': this.maxWorkers !== defaults.maxWorkers,
      '--no-timeout': this.noTimeout,
      '--no-freeze': this.noFreeze,
      '--no-machine-proxy': this.noMachineProxy,
      '--fetch-layers': this.fetchLayers,
      '--no-layers': this.noLayers,
      '--inspect': this.inspect !== undefined,
    };
    return Object.keys(given).filter((flag) => given[flag]);
  }
}

/** Default values of flags, to see whether they were given. */
const defaults = { port: '3000', maxWorkers: '10' };

function inspectPort(flag: string | boolean | undefined): number | undefined {
  if (flag === undefined || flag === false) return undefined;
  return flag === true ? defaultDebugPort : wholeNumber('--inspect', flag, 0, 65_535);
}
