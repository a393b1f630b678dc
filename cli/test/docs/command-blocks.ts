// The shell commands that README and docs tell a reader to run, with what is said of their tests.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../e2e/livectl-process.ts';

/** A fenced block of shell commands. */
export interface CommandBlock {
  /** From the repository's root. */
  readonly file: string;
  /** Where its fence begins, from 1. */
  readonly line: number;
  /** As a shell reads them: continued lines joined, comments and empty lines left out. */
  readonly commands: readonly string[];
  /** `<!-- not tested: reason -->` before it: it can't run without what the reason names. */
  readonly untested: string | undefined;
  /** `<!-- tested by file: how -->` before it: another test runs these commands in its own way. */
  readonly testedBy: string | undefined;
}

/** Every block of every Markdown file in the repository. */
export function commandBlocks(): CommandBlock[] {
  const files = execFileSync('git', ['ls-files', '*.md'], { cwd: repository, encoding: 'utf8' });
  return files.split('\n').filter(Boolean).flatMap(blocksOf);
}

export function blocksOf(file: string): CommandBlock[] {
  const lines = readFileSync(join(repository, file), 'utf8').split('\n');
  const blocks: CommandBlock[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const language = /^ *```(\w+)/.exec(lines[at] ?? '')?.[1];
    if (language === undefined) continue;
    const end = lines.findIndex((line, index) => index > at && /^ *```\s*$/.test(line));
    if (['sh', 'bash', 'shell', 'console'].includes(language)) {
      const mark = markBefore(lines, at);
      blocks.push({
        file,
        line: at + 1,
        commands: commandsOf(lines.slice(at + 1, end)),
        untested: /^<!-- not tested: (.+) -->$/.exec(mark)?.[1],
        testedBy: /^<!-- tested by ([^ :]+): .+ -->$/.exec(mark)?.[1],
      });
    }
    at = end;
  }
  return blocks;
}

/** The last line that is not empty before one. */
function markBefore(lines: readonly string[], at: number): string {
  return (
    lines
      .slice(0, at)
      .findLast((line) => line.trim() !== '')
      ?.trim() ?? ''
  );
}

function commandsOf(lines: readonly string[]): string[] {
  const joined = lines
    .map((line) => line.trim())
    .join('\n')
    .replaceAll(/\\\n/g, '');
  return joined
    .split('\n')
    .map((line) => line.replace(/(^|\s+)# .*$/, '').trim())
    .filter((line) => line !== '');
}
