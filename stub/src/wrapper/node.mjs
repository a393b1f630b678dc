// [1] Preloaded by /opt/live-debug into the function's own Node.js runtime: holds its start until the proxy listens. Meanwhile
// it loads what runtimes and AWS's SDK load next: this thread would only wait.
import 'node:https';
import 'node:stream/promises';
import started from './node-start.cjs';

await started.wrapped;
