// The scripts of `livectl completion` in the real shells, with the built livectl.
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../e2e/livectl-process.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  mkdirSync(join(folder, 'bin'));
  const program = join(folder, 'bin', 'livectl');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${repository}/dist/livectl.mjs" "$@"\n`);
  chmodSync(program, 0o755);
  const functions = {
    orders: { triggers: { http: {} } },
    worker: { triggers: { sqs: {} } },
    // Nothing of a file may run, or end the line, in whoever's shell completes.
    '$(touch pwned)': {},
    '`touch pwned`': {},
    "x'; touch pwned; '": {},
    'a\nb': {},
  };
  writeFileSync(join(folder, 'livectl.json'), JSON.stringify({ functions }));
  writeFileSync(join(folder, 'dev.tfvars'), 'stage = "dev-tom"\n');
  writeFileSync(join(folder, 'an event.json'), '{}');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a shell's script where livectl is on the PATH; resolves with the lines of stdout. Nothing may be on stderr. */
async function lines(shell: string, ...args: string[]): Promise<string[]> {
  const env = { ...process.env, PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`, HOME: folder };
  const { stderr, stdout } = await promisify(execFile)(shell, args, { cwd: folder, env, timeout: 25_000 });
  expect(stderr).toBe('');
  expect(existsSync(join(folder, 'pwned'))).toBe(false);
  return stdout.split('\n').filter((line) => line !== '');
}

/** Fails under CI, where every shell must be there. */
function needs(shell: string): { readonly skip: boolean } {
  const isMissing = spawnSync(shell, ['--version']).status !== 0;
  if (isMissing && process.env.CI) throw new Error(`${shell} is not on the PATH`);
  return { skip: isMissing };
}

describe('bash', needs('bash'), () => {
  const bash = (...words: string[]) => {
    const given = words.map((word) => `'${word}'`).join(' ');
    const script = `eval "$(livectl completion bash)"; COMP_WORDS=(livectl ${given}); COMP_CWORD=${words.length}
      compopt() { :; }; _livectl; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return lines('bash', '--norc', '--noprofile', '-c', script);
  };

  it('completes commands, flags, their values, functions and stages', async () => {
    expect(await bash('se')).toEqual(['serve']);
    expect(await bash('serve', '--lo')).toEqual(['--local']);
    // As bash splits a word at "=".
    expect(await bash('serve', '--format', '=', 'j')).toEqual(['json']);
    expect(await bash('invoke', '')).toEqual(['orders', 'worker']);
    expect(await bash('serve', '--stage', '')).toEqual(['dev-tom']);
    expect(await bash('trigger', 'sqs', '')).toEqual(['worker']);
    expect(await bash('serve', '--root', '')).toEqual([]);
  });

  it('leaves files to bash, with their spaces', async () => {
    const script = `eval "$(livectl completion bash)"; complete -p livectl`;
    expect(await lines('bash', '--norc', '-c', script)).toEqual(['complete -o default -F _livectl livectl']);
  });
});

describe('fish', needs('fish'), () => {
  const fish = (line: string) =>
    lines('fish', '--no-config', '-c', `livectl completion fish | source; complete -C '${line}'`);

  it('completes with descriptions, and files where a path is wanted', async () => {
    expect(await fish('livectl stat')).toEqual([expect.stringMatching(/^status\tShow who serves/)]);
    expect(await fish('livectl invoke o')).toEqual(['orders']);
    expect(await fish('livectl serve --format=j')).toEqual(['--format=json']);
    expect((await fish('livectl serve --config an')).join()).toContain('event.json');
  });
});

describe('zsh', needs('zsh'), () => {
  it('completes at the prompt of an interactive shell', async () => {
    // zpty -r waits for the pattern.
    const script = `
      zmodload zsh/zpty
      zpty z zsh -f -i
      zpty -w z "unsetopt zle_bracketed_paste beep; autoload -Uz compinit; compinit -u -D"
      zpty -w z 'eval "$(livectl completion zsh)"; print -r -- LOA""DED'
      zpty -r z seen '*LOADED*'
      zpty -w -n z $'livectl invoke w\\t'
      zpty -r z seen '*worker*'
      zpty -w -n z $'--form\\t'
      zpty -r z seen '*--format*'
      print -r -- completed
      zpty -d z`;
    expect(await lines('zsh', '-f', '-c', script)).toEqual(['completed']);
  });
});
