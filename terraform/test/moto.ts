// An AWS of its own for a test: moto on a free port, and what there is in it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

/** Of one answer; the first one takes 5 s of processor time. */
const answerBoundMs = 120_000;
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

/** What tests say that they are, to terraform and every AWS SDK. */
const identity = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: 'eu-west-1',
  AWS_DEFAULT_REGION: 'eu-west-1',
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** The process that all accounts of a test file are forks of: it reads moto once, which costs more than most tests do there. */
class Accounts {
  readonly #process = spawn('python3', [join(folder, 'moto-accounts.py')], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...identity, MOTO_IAM_LOAD_MANAGED_POLICIES: 'true' },
  });
  readonly #ended = once(this.#process, 'close');
  readonly #answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  #said = '';
  #last: Promise<unknown> = Promise.resolve();

  constructor() {
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-10_000);
    });
    // It shows in the answers that are missing.
    this.#process.stdin.on('error', () => undefined);
    this.#ended.catch(() => undefined);
  }

  /** The answer to a command, after those of the commands before it. */
  ask<Answer>(...words: readonly string[]): Promise<Answer> {
    const answer = this.#last.then(() => this.#answer<Answer>(words.join(' ')));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #answer<Answer>(command: string): Promise<Answer> {
    const bound = setTimeout(() => this.#process.kill('SIGKILL'), answerBoundMs);
    try {
      this.#process.stdin.write(`${command}\n`);
      const { value, done } = await this.#answers.next();
      if (done) throw new Error(`moto ended, or did not answer within ${answerBoundMs} ms\n${this.#said}`);
      const answer = JSON.parse(value) as Answer & { readonly error?: string };
      if (answer.error !== undefined) throw new Error(`${command}: ${answer.error}\n${this.#said}`);
      return answer;
    } finally {
      clearTimeout(bound);
    }
  }

  /** Ends every account. */
  async end(): Promise<void> {
    this.#process.stdin.end();
    await this.#ended;
  }
}

let accounts: Accounts | undefined;

afterAll(async () => {
  await accounts?.end();
  accounts = undefined;
});

export class Moto {
  /** For terraform and every AWS SDK. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #url: string;
  #pid: number | undefined;

  private constructor(url: string, pid: number) {
    this.#url = url;
    this.#pid = pid;
    this.environment = { AWS_ENDPOINT_URL: url, ...identity };
  }

  static async start(): Promise<Moto> {
    accounts ??= new Accounts();
    const { url, pid } = await accounts.ask<{ url: string; pid: number }>('start');
    return new Moto(url, pid);
  }

  resources(): Promise<Resources> {
    return this.list<Resources>('list-resources.py');
  }

  /** What a script beside this file prints of the account, as JSON. */
  async list<Listing>(script: string): Promise<Listing> {
    if (!accounts) throw new Error('no account is left');
    return accounts.ask<Listing>('list', join(folder, script), this.#url);
  }

  async stop(): Promise<void> {
    const pid = this.#pid;
    this.#pid = undefined;
    if (pid !== undefined) await accounts?.ask('stop', String(pid));
  }
}
