// What the Node that runs the functions supports.
import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';

/** How long a Node may take to answer, in milliseconds. */
const answerMs = 10_000;

/** The Node (or Deno) behind a command that runs functions. */
export class NodeAbilities {
  readonly #command: readonly string[];
  #typescript: Promise<boolean> | undefined;

  constructor(command: readonly string[]) {
    this.#command = command;
  }

  /** Major version if known without asking, i.e. if it is the program that runs livectl. */
  get major(): number | undefined {
    return this.#isOurs() ? Number(process.versions.node.split('.')[0]) : undefined;
  }

  /** Whether it runs .ts files by stripping types: Node 22.18, 23.6 and later, and Deno. */
  runsTypeScript(): Promise<boolean> {
    this.#typescript ??= this.#isOurs() ? Promise.resolve(Boolean(typescriptFeature())) : ask(this.#command);
    return this.#typescript;
  }

  #isOurs(): boolean {
    return this.#command[0] === process.execPath;
  }
}

/** `strip`, `transform` or false; undefined in older versions. */
function typescriptFeature(): unknown {
  return (process.features as { typescript?: unknown }).typescript;
}

async function ask([program = 'node']: readonly string[]): Promise<boolean> {
  try {
    const question = ['-p', 'Boolean(process.features.typescript)'];
    const { stdout } = await promisify(execFile)(program, question, { timeout: answerMs });
    return stdout.trim() === 'true';
  } catch {
    return false;
  }
}
