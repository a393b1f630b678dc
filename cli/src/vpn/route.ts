// The route that this machine would use to an address, according to the operating system; nothing is sent.
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

export interface Route {
  /** E.g. `eth0` or `utun4`. */
  readonly interface: string;
  /** The next hop, if it is not on the interface's own network. */
  readonly gateway: string | undefined;
  /** Whether the interface is a VPN's, judged by its name. */
  readonly vpn: boolean;
}

const boundMs = 1000;

/** Names that VPN clients give their interfaces on Linux, macOS and Windows. */
const vpnNames =
  /^(utun|tun|tap|wg|ppp|ipsec|tailscale|zt|nordlynx|cscotun|gpd|.*(vpn|wireguard|tap-windows))/i;

/** The operating system's command, and how its output is read. */
const commands: Partial<
  Record<NodeJS.Platform, { readonly command: readonly [string, ...string[]]; readonly read: RegExp[] }>
> = {
  linux: { command: ['ip', 'route', 'get'], read: [/\bdev (\S+)/, /\bvia (\S+)/] },
  darwin: { command: ['route', '-n', 'get'], read: [/interface: (\S+)/, /gateway: (\S+)/] },
};

/** Undefined if it cannot be determined; takes at most a second. */
export async function routeTo(address: string): Promise<Route | undefined> {
  return (await askSystem(address)) ?? (await askSocket(address));
}

function askSystem(address: string): Promise<Route | undefined> {
  const asked = commands[process.platform];
  if (asked === undefined) return Promise.resolve(undefined);
  const [program, ...args] = asked.command;
  if (process.platform === 'darwin' && isIP(address) === 6) args.push('-inet6');
  const [interfaceText, gatewayText] = asked.read;
  return new Promise((resolve) => {
    execFile(program, [...args, address], { timeout: boundMs }, (error, output) => {
      const name = error ? undefined : interfaceText?.exec(output)?.[1];
      const gateway = gatewayText?.exec(output)?.[1];
      resolve(name === undefined ? undefined : routeOf(name, gateway));
    });
  });
}

/** A connected UDP socket knows its own address, and so its interface. */
async function askSocket(address: string): Promise<Route | undefined> {
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  try {
    const own = await new Promise<string | undefined>((resolve) => {
      socket.once('error', () => resolve(undefined));
      // The port does not matter: connecting sends nothing.
      socket.connect(9, address, () => resolve(socket.address().address));
    });
    const found = Object.entries(networkInterfaces()).find(([, each]) =>
      each?.some((it) => it.address === own),
    );
    return found && routeOf(found[0], undefined);
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}

function routeOf(name: string, gateway: string | undefined): Route {
  return {
    interface: name,
    gateway: isIP(gateway ?? '') > 0 ? gateway : undefined,
    vpn: vpnNames.test(name),
  };
}
