// Reports once which of this machine's network settings functions use: only their names, since values may contain passwords.
import { machineNetwork } from '../worker/process/machine-network.ts';

/** Undefined if there are none. */
export function networkNotice(own: NodeJS.ProcessEnv = process.env): string | undefined {
  const names = Object.keys(machineNetwork(own)).filter((name) => own[name]);
  if (names.length === 0) return undefined;
  return `functions inherit ${names.sort().join(', ')} from this machine, unless they set their own; --no-machine-proxy turns this off`;
}
