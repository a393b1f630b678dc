// Programs named by a stage's manifest run on this machine only if its developer has agreed: in the local livectl.json, in the
// terminal, or by --trust-manifest.
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { type AgreementScope, readAgreed, writeAgreed } from '../control/agreed-settings.ts';
import { type Ask, Unanswered } from '../log/ask.ts';
import type { Output } from '../log/output.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { fingerprintOf, type ProgramSetting, programSettings } from '../manifest/program-settings.ts';
import { stageLivectlJson } from './stage-livectl-json.ts';

export interface AgreementOptions extends AgreementScope {
  /** From the stage's manifest. */
  readonly functions: readonly FunctionSettings[];
  /** `--config`: the local manifest, by default livectl.json in the root. */
  readonly config: string | undefined;
  /** `--trust-manifest` */
  readonly trust: boolean;
  /** Undefined if nobody can be asked. */
  readonly ask: Ask | undefined;
  readonly output: Output;
}

/** Resolves if everything that the manifest can start is agreed to; rejects with LD_UNTRUSTED otherwise. */
export async function agreeToManifest(options: AgreementOptions): Promise<void> {
  if (options.trust) return;
  const { open, problem } = await openSettings(options);
  if (open.length === 0) return;
  if (!(await isAgreed(open, options))) throw untrusted(open, options, problem);
  // Includes earlier agreements, also for functions that are not served this time.
  const all = new Set([...readAgreed(options), ...open.map(fingerprintOf)]);
  try {
    writeAgreed(options, [...all].slice(-mostAgreed));
  } catch (error) {
    options.output.errorLine(`livectl: this answer could not be saved: ${messageOf(error)}`);
  }
}

/** What the manifest can start and nobody has agreed to yet; `problem` says why the local manifest could not be read, if it exists. */
export async function openSettings(
  options: Omit<AgreementOptions, 'trust' | 'ask' | 'output'>,
): Promise<{ readonly open: readonly ProgramSetting[]; readonly problem: string | undefined }> {
  const settings = programSettings(options.functions, options.root);
  if (settings.length === 0) return { open: [], problem: undefined };
  const local = await stageLivectlJson(options);
  const prints = new Set(programSettings(local.functions, options.root).map(fingerprintOf));
  const unknown = settings.filter((setting) => !prints.has(fingerprintOf(setting)));
  const agreed = readAgreed(options);
  return {
    open: unknown.filter((setting) => !agreed.has(fingerprintOf(setting))),
    problem: local.problem,
  };
}

/** Maximum number of hashes kept for a stage; the oldest are dropped. */
const mostAgreed = 1000;

async function isAgreed(open: readonly ProgramSetting[], options: AgreementOptions): Promise<boolean> {
  const { ask, output, root, stage } = options;
  if (ask === undefined) return false;
  output.line(`Stage ${stage} wants to run this on your machine, in ${plain(root)}:`);
  for (const { field, folder = '.', functionName, value } of open) {
    const where = folder === '.' ? '' : `, in ${plain(folder)}`;
    output.line(`  ${plain(functionName)}: ${field} = ${plain(JSON.stringify(value))}${where}`);
  }
  try {
    return (await ask('Run it, now and later', ['yes', 'no'])) === 'yes';
  } catch (error) {
    if (error instanceof Unanswered) return false;
    throw error;
  }
}

function untrusted(
  open: readonly ProgramSetting[],
  { root, stage }: AgreementOptions,
  problem: string | undefined,
): LiveDebugError {
  const fields = open.map(({ field, functionName }) => `functions.${plain(functionName)}.${field}`);
  const reason = problem === undefined ? '' : ` (which could not be read: ${problem})`;
  return new LiveDebugError(
    'LD_UNTRUSTED',
    `the manifest of stage ${stage} can start programs that are not allowed on this machine yet: ${fields.join(', ')}`,
    {
      remedy: `put the same values in ${root}/livectl.json${reason}, answer yes when livectl serve asks in a terminal, or pass --trust-manifest`,
    },
  );
}

/** Encodes every character that could be mistaken for another, or could move or hide text. */
function plain(text: string): string {
  return text.replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
