// Checks the programs that the functions need: esbuild, interpreters in the runtimes' versions, and commands.
import { basename, dirname, relative, resolve } from 'node:path';
import { findEsbuild } from '../builder/find-esbuild.ts';
import type { PythonFinder } from '../builder/find-python.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import {
  bringsItsOwnRuntime,
  isKnownRuntime,
  meantRuntime,
  nodeMajor,
  pythonVersion,
} from '../manifest/runtimes.ts';
import { nodeVersion } from '../platform.ts';
import { type Check, fail, pass, type Report, some, warn } from './check.ts';
import { type Project, type ReadProject, runnable } from './project.ts';
import { askProgram, programFile } from './run-program.ts';

export function esbuildCheck(root: string): Check {
  return {
    name: 'esbuild',
    group: 'Project',
    lateRemedy: 'npm install --save-dev esbuild, in the project',
    run: async (report) => {
      const { esbuild, path = '', problem, release } = await findEsbuild(resolve(root));
      try {
        const remedy = 'npm install --save-dev esbuild, in the project';
        if (esbuild === undefined) {
          const message = problem ?? 'esbuild was found neither in the project nor beside livectl';
          report(warn('esbuild', `${message}: only plain JavaScript runs, and nothing is bundled`, remedy));
          return;
        }
        const whose = relative(resolve(root), path).startsWith('..') ? 'from' : 'the project’s own, in';
        const found = `esbuild ${esbuild.version}, ${whose} ${dirname(dirname(path))}`;
        if (problem === undefined) report(pass('esbuild', found));
        else report(warn('esbuild', `${problem}; in its place ${found}`, remedy));
      } finally {
        await release();
      }
    },
  };
}

/** One finding for each runtime and program. `pythons` is shared, since it asks each interpreter once. */
export function runtimesCheck(readProject: ReadProject, pythons: PythonFinder): Check {
  return {
    name: 'runtime',
    group: 'Project',
    lateRemedy: 'pass --timeout 30 to wait for slow interpreters; do they start in a terminal?',
    run: async (report, signal) => {
      const project = await readProject();
      for (const [name, fields] of project.notAgreed) {
        const message = `${name} may not start programs on this machine yet: ${fields.join(', ')}`;
        const remedy =
          'put the same values in livectl.json, or answer yes when livectl serve asks in a terminal';
        report(warn(`runtime/${name}`, message, remedy));
      }
      const byRuntime = new Map<string, FunctionSettings[]>();
      for (const settings of runnable(project)) {
        const { command, runtime } = settings;
        const key = command === undefined ? runtime : `${runtime} ${command[0]}`;
        byRuntime.set(key, [...(byRuntime.get(key) ?? []), settings]);
      }
      await Promise.all(
        [...byRuntime.values()].map((functions) =>
          checkRuntime(functions, { project, pythons, report, signal }),
        ),
      );
    },
  };
}

interface Asking {
  readonly project: Project;
  readonly pythons: PythonFinder;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** Functions of one runtime and one program. */
async function checkRuntime(functions: readonly FunctionSettings[], asking: Asking): Promise<void> {
  const [first] = functions;
  if (first === undefined) return;
  const { command, runtime } = first;
  const { report } = asking;
  const check = `runtime/${runtime}`;
  const names = some(functions.map(({ name }) => name));
  if (!isKnownRuntime(runtime)) {
    const meant = meantRuntime(runtime);
    const remedy = meant === undefined ? 'correct "runtime"' : `did you mean ${meant}?`;
    report(warn(check, `livectl does not know this runtime of ${names}`, remedy));
  }
  if (command !== undefined) return checkCommand(check, functions, asking);
  if (pythonVersion(runtime) !== undefined) return checkPythons(check, functions, asking);
  const major = nodeMajor(runtime);
  const local = nodeVersion();
  if (major === undefined || local === undefined) {
    // That a program of its own is there, or a command is needed, shows in the build.
    if (bringsItsOwnRuntime(runtime)) report(pass(check, `${names}: each brings its own program`));
    return;
  }
  if (local.startsWith(`${major}.`)) report(pass(check, `Node.js ${local} runs ${names}`));
  else {
    const message = `Node.js ${local} runs ${names} here, Node.js ${major} on AWS`;
    report(warn(check, message, `start livectl with Node.js ${major}, e.g. after nvm use ${major}`));
  }
}

async function checkPythons(
  check: string,
  functions: readonly FunctionSettings[],
  { project, pythons, report }: Asking,
): Promise<void> {
  const wanted = pythonVersion(functions[0]?.runtime ?? '') ?? '';
  const found = new Map<string, { readonly version: string; readonly names: string[] }>();
  const problems = new Map<string, string[]>();
  const search = async ({ name, python: setting, sourceDir }: FunctionSettings) => {
    const { root } = project;
    const search = await pythons.find({ setting, root, taskRoot: resolve(root, sourceDir) });
    if ('problem' in search) problems.set(search.problem, [...(problems.get(search.problem) ?? []), name]);
    else {
      const { interpreter, version } = search.python;
      const known = found.get(interpreter) ?? { version, names: [] };
      found.set(interpreter, { version, names: [...known.names, name] });
    }
    if (search.notice !== undefined)
      problems.set(search.notice, [...(problems.get(search.notice) ?? []), name]);
  };
  await Promise.all(functions.map(search));
  for (const [problem, names] of problems) {
    const [what = '', ...remedy] = problem.split(/: (?=install |name |run )/i);
    report(fail(check, `${some(names)}: ${what}`, remedy.join(': ') || `install Python ${wanted}`));
  }
  for (const [interpreter, { names, version }] of found) {
    if (version.startsWith(`${wanted}.`))
      report(pass(check, `Python ${version} (${interpreter}) runs ${some(names)}`));
    else {
      const message = `Python ${version} (${interpreter}) runs ${some(names)} here, Python ${wanted} on AWS`;
      report(warn(check, message, `create a virtual environment with it: python${wanted} -m venv .venv`));
    }
  }
}

/** How interpreters of runtimes that need a `command` are asked, by the program's name. */
const asked: Readonly<Record<string, { readonly args: readonly string[]; readonly runtime: RegExp }>> = {
  java: { args: ['-version'], runtime: /^java(\d{1,4})/ },
  ruby: { args: ['--version'], runtime: /^ruby(\d{1,4}\.\d{1,4})$/ },
  dotnet: { args: ['--version'], runtime: /^dotnet(?:core)?(\d{1,4})/ },
};

async function checkCommand(
  check: string,
  functions: readonly FunctionSettings[],
  { project, report, signal }: Asking,
): Promise<void> {
  const [first] = functions;
  const word = first?.command?.[0];
  if (first === undefined || word === undefined) return;
  const names = some(functions.map(({ name }) => name));
  const missing = functions.filter(
    ({ sourceDir }) => programFile(word, resolve(project.root, sourceDir)) === undefined,
  );
  // A program that a build creates shows in the check of the build.
  if (missing.some(({ build }) => build === undefined)) {
    const which = some(missing.map(({ name }) => name));
    report(
      fail(
        check,
        `${which}: there is no program ${word}, which "command" names`,
        'install it, or correct "command"',
      ),
    );
    return;
  }
  const question = asked[basename(word).replace(/\.exe$/i, '')];
  const wanted = question?.runtime.exec(first.runtime)?.[1];
  const cwd = resolve(project.root, first.sourceDir);
  if (question === undefined || wanted === undefined || missing.length > 0)
    return report(pass(check, `${word} runs ${names}`));
  const { problem, text } = await askProgram(programFile(word, cwd) ?? word, question.args, { cwd, signal });
  const version = /\d{1,4}(?:\.\d{1,4}){0,3}/.exec(text.slice(0, 2000))?.[0]?.replace(/^1\.(?=\d)/, '');
  if (problem !== undefined)
    report(
      fail(check, `${word}, which runs ${names}, does not start: ${problem}`, `install ${word} ${wanted}`),
    );
  else if (version === undefined || version === wanted || version.startsWith(`${wanted}.`))
    report(pass(check, `${word} ${version ?? ''} runs ${names}`));
  else
    report(
      warn(
        check,
        `${word} ${version} runs ${names} here, ${first.runtime} on AWS`,
        `install ${word} ${wanted}`,
      ),
    );
}
