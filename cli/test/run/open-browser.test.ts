// How a link is opened: which program, with the link as one argument and without a shell.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { type BrowserPlace, browserCommands, openBrowser } from '../../src/run/open-browser.ts';

const url = 'http://127.0.0.1:3456/?token=$(id);&a="b';

const at = (platform: NodeJS.Platform, env: BrowserPlace['env'] = {}, isWsl = false) =>
  browserCommands(url, { platform, env, isWsl });

test('each system has its own way', () => {
  expect(at('darwin')).toEqual([['open', url]]);
  expect(at('win32')).toEqual([['rundll32', 'url.dll,FileProtocolHandler', url]]);
  expect(at('linux', { DISPLAY: ':0' })).toEqual([['xdg-open', url]]);
  expect(at('freebsd', { WAYLAND_DISPLAY: 'wayland-0' })).toEqual([['xdg-open', url]]);
  expect(at('linux', {}, true)[0]).toEqual(['wslview', url]);
  // Over SSH there is no screen.
  expect(at('linux')).toEqual([]);
});

test('BROWSER comes first, with its arguments, and may name several', () => {
  expect(at('linux', { BROWSER: 'firefox' })).toEqual([['firefox', url]]);
  expect(at('linux', { BROWSER: 'chromium --app=%s:firefox -P dev', DISPLAY: ':0' })).toEqual([
    ['chromium', `--app=${url}`],
    ['firefox', '-P', 'dev', url],
    ['xdg-open', url],
  ]);
  expect(at('darwin', { BROWSER: ' ' })).toEqual([['open', url]]);
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'livectl-browser-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what cannot be started, or fails, is followed by the next one', async () => {
  const file = join(folder, 'opened');
  const program = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o700);
    return path;
  };
  const fails = program('fails', 'exit 3');
  const works = program('works', `printf '%s' "$1" > ${file}`);
  expect(
    await openBrowser(
      [
        [join(folder, 'none'), url],
        [fails, url],
      ],
      systemClock,
    ),
  ).toBe(false);
  expect(existsSync(file)).toBe(false);
  expect(
    await openBrowser(
      [
        [fails, url],
        [works, url],
        [fails, url],
      ],
      systemClock,
    ),
  ).toBe(true);
  expect(readFileSync(file, 'utf8')).toBe(url);
  expect(await openBrowser([], systemClock)).toBe(false);
});
