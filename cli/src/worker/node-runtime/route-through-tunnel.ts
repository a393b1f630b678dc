// [5] The tunnel: loads what routes connections, if there is one. Without a tunnel this costs nothing.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { routeThroughTunnel as Route } from '../node-tunnel/main.ts';

let route: typeof Route | undefined;
let current: string | undefined;

/** `settings` is the value of LIVECTL_TUNNEL; undefined: no tunnel. From now on connections are routed by it. */
export function routeThroughTunnel(settings: string | undefined): void {
  if (settings === current) return;
  current = settings;
  try {
    // Built from ../node-tunnel/main.ts, beside this program.
    const file = fileURLToPath(new URL('./node-tunnel.cjs', import.meta.url));
    route ??= (createRequire(import.meta.url)(file) as { routeThroughTunnel: typeof Route })
      .routeThroughTunnel;
    route(settings);
  } catch (error) {
    process.stderr.write(`livectl: the tunnel cannot be used: ${String(error)}\n`);
  }
}
