// [5] Routes connections to private destinations through livectl's tunnel. The Node runtime client loads this only if there is a
// tunnel; threads and child processes of the function load it before anything else (`--require`).
//
// In a child process LIVECTL_TUNNEL has the settings, as JSON: proxy, username, password, allow. It is removed, so that the
// function's code does not see the password.
import { syncBuiltinESMExports } from 'node:module';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import { Destinations } from './destinations.ts';
import { cleanOptions, routeChildren, threadData, variable } from './route-children.ts';
import { routeConnections } from './route-connections.ts';
import { routeLookups } from './route-lookups.ts';
import { routeRecords } from './route-records.ts';
import { parseSettings, type TunnelSettings } from './settings.ts';

const destinations = new Destinations();
let settings: TunnelSettings | undefined;
let isRouting = false;
let isReported = false;

/**
 * From now on connections are routed as the value of LIVECTL_TUNNEL says; undefined: not at all. An invalid value is reported
 * once on stderr and routes nothing. Never throws.
 */
export function routeThroughTunnel(text: string | undefined): void {
  try {
    settings = text === undefined ? undefined : parseSettings(text);
  } catch (error) {
    settings = undefined;
    notice(`LIVECTL_TUNNEL is invalid: ${(error as Error).message}`);
  }
  destinations.allow = settings?.allow;
  if (settings !== undefined && !isRouting) start();
  setEnvironmentData(threadData, settings?.text);
}

function start(): void {
  isRouting = true;
  routeConnections(destinations, () => settings);
  routeLookups(destinations);
  routeRecords(() => settings?.allow);
  routeChildren(__filename, () => settings?.text);
  // For `import { lookup } from 'node:dns'`.
  syncBuiltinESMExports();
}

function notice(what: string): void {
  if (isReported) return;
  isReported = true;
  process.stderr.write(
    `livectl: ${what}; connections to private destinations do not go through the tunnel\n`,
  );
}

// Loaded by `--require`, or by the runtime client, which has taken the variable already.
const given = isMainThread ? process.env[variable] : getEnvironmentData(threadData);
if (typeof given === 'string') {
  delete process.env[variable];
  cleanOptions(process.env, __filename);
  routeThroughTunnel(given);
}
