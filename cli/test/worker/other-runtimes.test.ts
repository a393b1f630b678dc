// Programs in other languages that speak the Runtime API with their standard library: Ruby by `command`, Java by
// `build` and `command`. Go is in cli/test/e2e/go.test.ts, Bash in pool.test.ts.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FunctionSettings } from '../../src/manifest/function-settings.ts';
import { Project } from '../builder/project.ts';
import { builtRuntime, handlersFolder } from './built-runtime.ts';
import { PoolHarness } from './pool-harness.ts';

const runtime = builtRuntime();

const languages: readonly (Partial<FunctionSettings> & { readonly name: string; readonly file: string })[] = [
  { name: 'Ruby', runtime: 'ruby3.4', file: 'ruby-runtime/main.rb', command: ['ruby', 'main.rb'] },
  {
    name: 'Java',
    runtime: 'java17',
    file: 'java-runtime/Main.java',
    build: ['javac', '-d', 'target/classes', 'Main.java'],
    command: ['java', '-cp', 'target/classes', 'Main'],
  },
];

/** Why a language is skipped here, if it is; never under CI, where it fails without its programs. */
function skipReason(command: readonly string[] | undefined): string | undefined {
  const program = command?.[0] ?? '';
  const { status } = spawnSync(program, ['--version'], { timeout: 20_000 });
  return status === 0 || process.env.CI ? undefined : `there is no ${program} on the PATH`;
}

describe.each(languages)('$name', ({ file, ...settings }) => {
  const why = skipReason(settings.build ?? settings.command);
  const title = 'runs warm, gets its event byte for byte, and fails in its own words';

  it.skipIf(why)(why ? `${title}: ${why}` : title, async () => {
    const source = readFileSync(join(handlersFolder, file), 'utf8');
    const project = await Project.create({ [file.slice(file.indexOf('/') + 1)]: source });
    onTestFinished(() => project.remove());
    const name = settings.name.toLowerCase();
    await project.start([{ ...settings, name, handler: 'app.Handler::run' }]);
    const harness = new PoolHarness(runtime.file);
    harness.pool.use((await project.built()).code);

    const environment = { GREETING: 'hello' };
    // Numbers, spaces and escapes that no parser gives back as they were.
    const event = Buffer.from('{"n":  9007199254740993.10, "text":"\\ud83d\\ude00 \\u00e4 😀 ä", "n":1e400}');
    const more = { event, environment, timeoutSeconds: 20 };
    const first = await harness.run(name, {}, more);
    const text = first.outcome.ok ? Buffer.from(first.outcome.body).toString() : JSON.stringify(first);
    expect(text).toContain(`"event":${event}}`);
    const { facts } = JSON.parse(text) as { facts: { pid: number } };
    expect(facts).toMatchObject({ count: 1, handler: 'app.Handler::run', greeting: 'hello' });
    await first.logsDrained;
    expect(harness.messages()).toContain(`${name} runs request-1`);
    expect(await harness.answer(name, {}, { environment })).toMatchObject({
      facts: { pid: facts.pid, count: 2 },
    });
    expect(await harness.answer(name, 'fail', { environment })).toMatchObject({
      errorType: `${settings.name}Error`,
      errorMessage: 'as asked',
    });
  });
});
