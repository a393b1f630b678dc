// Times the import of one module in a process that has done nothing else: `node stub-load-probe.mjs FILE`.
// Prints {"ms": N, "refused": "name of the error the module threw, if any"}.
import { pathToFileURL } from 'node:url';

const [, , file = ''] = process.argv;
const url = pathToFileURL(file).href;
const startedAt = performance.now();
const refused = await import(url).then(
  () => undefined,
  (error) => error.name,
);
console.log(JSON.stringify({ ms: performance.now() - startedAt, refused }));
process.exit(0);
