// An AWS of its own for a test: moto_server on a free port, and what there is in it.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const startBoundMs = 120_000;
const listBoundMs = 120_000;
const folder = dirname(fileURLToPath(import.meta.url));

/** What is left in the account: names or ids by kind, and the inline policies of each role. */
export interface Resources {
  readonly apis: readonly string[];
  readonly buckets: readonly string[];
  /** Without the default one. */
  readonly buses: readonly string[];
  /** The ARNs of what is polled. */
  readonly mappings: readonly string[];
  readonly queues: readonly string[];
  /** On the default bus. */
  readonly rules: readonly string[];
  readonly stacks: readonly string[];
  readonly streams: readonly string[];
  readonly topics: readonly string[];
  readonly tables: readonly string[];
  readonly functions: Readonly<
    Record<string, { handler: string; runtime: string; timeout: number; environment: Record<string, string> }>
  >;
  /** The subnets of functions in a VPC. */
  readonly attached: Readonly<Record<string, readonly string[]>>;
  readonly log_groups: readonly string[];
  readonly policies: readonly string[];
  readonly roles: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export const noResources: Resources = {
  apis: [],
  buckets: [],
  buses: [],
  mappings: [],
  queues: [],
  rules: [],
  stacks: [],
  streams: [],
  topics: [],
  tables: [],
  functions: {},
  attached: {},
  log_groups: [],
  policies: [],
  roles: {},
};

/**
 * A file for the module, of what moto can't: it has no RedriveAllowPolicy, for which the provider would wait, and gives a
 * RedrivePolicy back with white space of its own, which the provider takes for a change. Both are in tests/triggers.tftest.hcl.
 */
export const overrideForQueues = `
resource "aws_sqs_queue_redrive_allow_policy" "dead_letters" {
  for_each = {}
}

resource "aws_sqs_queue" "trigger" {
  lifecycle {
    ignore_changes = [redrive_policy]
  }
}
`;

export class Moto {
  /** For terraform and every AWS SDK. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.environment = {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
  }

  static async start(): Promise<Moto> {
    const child = spawn('moto_server', ['-p', '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, MOTO_IAM_LOAD_MANAGED_POLICIES: 'true' },
    });
    const said: string[] = [];
    const bound = setTimeout(() => child.kill('SIGKILL'), startBoundMs);
    try {
      for await (const line of createInterface({ input: child.stderr })) {
        said.push(line);
        const url = /Running on (http:\S+)/.exec(line)?.[1];
        if (url === undefined) continue;
        // It logs every request: unread, it would stop when the pipe is full.
        child.stderr.resume();
        return new Moto(child, url);
      }
    } finally {
      clearTimeout(bound);
    }
    throw new Error(`moto_server did not start:\n${said.join('\n')}`);
  }

  resources(): Promise<Resources> {
    return this.list<Resources>('list-resources.py');
  }

  /** What a script beside this file prints of the account, as JSON. */
  list<Listing>(script: string): Promise<Listing> {
    const env = { ...process.env, ...this.environment };
    return new Promise((resolve, reject) => {
      execFile('python3', [join(folder, script)], { env, timeout: listBoundMs }, (error, stdout, stderr) => {
        if (error) reject(new Error(`${error.message}\n${stderr}`));
        else resolve(JSON.parse(stdout) as Listing);
      });
    });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}
