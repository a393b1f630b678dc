// The served project of the network bench: what its functions do.

/** Longer than any row needs: text that doesn't compress below three quarters, as images and archives in base64 do. */
const pool = 7_000_000;

const quick = 'export const handler = async ({ n }) => ({ n });\n';

const work = `export const handler = async ({ n, ms = 0 }) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { n };
};
`;

const big = `import { randomBytes } from 'node:crypto';
const pool = randomBytes(Math.ceil(${pool} * 3 / 4)).toString('base64');
export const handler = async ({ data = '', n, size = 0 }) => ({ n, length: data.length, data: pool.slice(0, size) });
`;

/** The key is the function's name up to its first `-`, so that there can be several of a kind. */
const kinds: Readonly<Record<string, string>> = { quick, work, big };

/** Sources of a folder that serves these functions. */
export function handlerFiles(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => [`${name}.mjs`, kinds[name.split('-', 1)[0] ?? ''] ?? quick]),
  );
}
