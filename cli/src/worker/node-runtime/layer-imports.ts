// [5] Lets `import` find packages in NODE_PATH, and so in layers: Node.js uses it only for `require`, Lambda for both.
import module from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Runs in the thread in which Node.js resolves imports; `folders` are URLs of files beside each node_modules. */
const hooks = `
let folders = [];
export const initialize = (given) => { folders = given; };
export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND' || /^(?:[./]|[a-z]+:)/.test(specifier)) throw error;
    for (const parentURL of folders) {
      try {
        return await next(specifier, { ...context, parentURL });
      } catch {}
    }
    throw error;
  }
}`;

/** Call it before the handler is imported; does nothing if NODE_PATH is empty, or the runtime lacks the hooks. */
export function importFromNodePath(nodePath: string | undefined): void {
  if (!nodePath || typeof module.register !== 'function') return;
  const data = nodePath
    .split(delimiter)
    .map((folder) => pathToFileURL(join(dirname(folder), 'import.mjs')).href);
  module.register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data });
}
