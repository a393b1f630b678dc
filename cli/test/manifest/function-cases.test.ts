// Every invalid manifest of terraform/test/functions.json, and only those, is refused with the function and the field.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectedMistakes, functionCases } from '../../../terraform/test/function-cases.ts';
import { loadManifest } from '../../src/manifest/load-manifest.ts';

describe('livectl.json', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'cases-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it.each(functionCases.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const file = join(root, 'livectl.json');
    await writeFile(file, JSON.stringify({ functions: one.functions }));
    const message = await loadManifest({ root, modeOf: () => one.module_mode }).then(
      () => undefined,
      (error: Error) => error.message,
    );
    const expected = expectedMistakes(one, 'livectl');
    if (expected === undefined) {
      expect(message).toBeUndefined();
      return;
    }
    const [first = '', ...others] = (message ?? '').split('\n');
    const lines = others.length > 0 ? others.map((line) => line.trim()) : [first.slice(file.length + 2)];
    const missing = expected.filter(
      ({ functionName, words }) =>
        !lines.some(
          (line) =>
            [`functions.${functionName}`, `functions["${functionName}"]`].some((path) =>
              line.startsWith(path),
            ) && [...words, ...(one.names ?? [])].every((word) => line.includes(word)),
        ),
    );
    expect({ missing, lines }).toEqual({ missing: [], lines });
    expect({ count: lines.length, lines }).toEqual({ count: Math.max(1, expected.length), lines });
  });
});
