// [1] Preloaded by /opt/live-debug into the function's own Node.js runtime: holds its start until the proxy listens.
import started from './node-start.cjs';

await started.wrapped;
