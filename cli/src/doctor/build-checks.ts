// Builds each function once, as `serve` would: missing sources, exports and packages show here.
import { resolve } from 'node:path';
import process from 'node:process';
import type { BuildEvent } from '../builder/build-event.ts';
import { createBuilder } from '../builder/builder.ts';
import type { PythonFinder } from '../builder/find-python.ts';
import { resolveTargets } from '../builder/resolve-targets.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { pythonVersion } from '../manifest/runtimes.ts';
import { type Check, type Finding, fail, NotChecked, pass, type Report, some, warn } from './check.ts';
import { type Project, type ReadProject, runnable } from './project.ts';
import { thrown } from './run-checks.ts';

/** One finding for each function. A function with a `build` command is not built: that may take minutes and write files. */
export function buildsCheck(readProject: ReadProject, pythons: PythonFinder): Check {
  return {
    name: 'build',
    group: 'Project',
    late: 'warn',
    lateRemedy: 'run livectl serve, which waits for slow builds',
    run: async (report, signal) => {
      const project = await readProject();
      const all = runnable(project);
      for (const { build, name } of all)
        if (build !== undefined)
          report(pass(`build/${name}`, `its build command is left to livectl serve: ${build[0]}`));
      const functions = await withPython(
        all.filter(({ build }) => build === undefined),
        project,
        pythons,
        report,
      );
      if (functions.length === 0) return;
      const sources = new Map<string, string>();
      // Each by itself: one without a source must not keep the others from being built.
      const missing: Finding[] = [];
      const targets = functions.flatMap((settings) => {
        try {
          return resolveTargets({ ...project, functions: [settings] });
        } catch (error) {
          sources.set(settings.name, 'failed');
          missing.push(thrown(`build/${settings.name}`, error));
          return [];
        }
      });
      if (project.isOfStage && targets.length === 0) {
        const names = some(functions.map(({ name }) => name));
        throw new NotChecked(
          `the sources of ${names} are not in ${project.root}`,
          'run it in the project’s folder, or name that with --root',
        );
      }
      for (const finding of missing) report(finding);
      const builder = createBuilder({
        targets,
        env: process.env,
        onEvent: (event: BuildEvent) => {
          if (event.type === 'built' && !sources.has(event.code.functionName)) {
            sources.set(event.code.functionName, 'built');
            report(pass(`build/${event.code.functionName}`, 'it builds'));
          }
          if (event.type === 'build_error' && !sources.has(event.functionName)) {
            sources.set(event.functionName, 'failed');
            const [first] = event.errors;
            const where =
              first?.file === undefined
                ? ''
                : ` (${first.file}${first.line === undefined ? '' : `:${first.line}`})`;
            const more = event.errors.length > 1 ? ` and ${event.errors.length - 1} more` : '';
            const message = `${first?.text ?? 'it does not build'}${where}${more}`;
            report(
              fail(
                `build/${event.functionName}`,
                message,
                project.isOfStage
                  ? 'correct the source, or the handler in the Terraform configuration; --root names the folder of the sources'
                  : 'correct the source, or the handler in livectl.json',
              ),
            );
          }
        },
      });
      signal.addEventListener('abort', () => void builder.close());
      try {
        await builder.start();
        for (const { name } of functions)
          if (!sources.has(name))
            report(warn(`build/${name}`, 'the build reported nothing', 'run livectl serve --local'));
      } finally {
        await builder.close();
      }
    },
  };
}

/** Without those whose Python is missing, which the check of their runtime reports. */
async function withPython(
  functions: readonly FunctionSettings[],
  { root }: Project,
  pythons: PythonFinder,
  report: Report,
): Promise<FunctionSettings[]> {
  const found = await Promise.all(
    functions.map(async ({ command, name, python: setting, runtime, sourceDir }) => {
      if (command !== undefined || pythonVersion(runtime) === undefined) return true;
      const search = await pythons.find({ setting, root, taskRoot: resolve(root, sourceDir) });
      if (!('problem' in search)) return true;
      const check = `runtime/${runtime}`;
      report(warn(`build/${name}`, `not checked: see "${check}"`, `fix "${check}" first`));
      return false;
    }),
  );
  return functions.filter((_, index) => found[index]);
}
