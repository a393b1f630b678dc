// The network namespace of `livectl cloud --vpc`, which stands for a VPC: created by `ip netns add`, entered by `ip netns exec`.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { LiveDebugError, messageOf } from '../../../../protocol/live-debug-error.ts';
import { addressBytes, addressText } from '../../../../protocol/tunnel/addresses.ts';
import { maxAllowEntries } from '../../../../protocol/tunnel/allow.ts';

/** A namespace that this process can enter. */
export interface NetworkNamespace {
  readonly name: string;
  /** The networks of its interfaces in the form of `allow`, e.g. `10.99.0.0/24:*`. */
  readonly networks: readonly string[];
  /** The command that runs a command in it. */
  enter(command: readonly [string, ...string[]]): [string, ...string[]];
}

/** How long one `ip` command may take, in milliseconds. */
const commandMs = 10_000;

/** Where iproute2 keeps namespaces; its names have no `/`. https://man7.org/linux/man-pages/man8/ip-netns.8.html */
const folder = '/run/netns';
const nameForm = /^[A-Za-z0-9_][\w.-]{0,253}$/;

const interfacesSchema = v.array(
  v.object({
    flags: v.optional(v.array(v.string()), []),
    addr_info: v.optional(
      v.array(
        v.object({
          local: v.optional(v.string(), ''),
          prefixlen: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(128)),
          scope: v.optional(v.string(), ''),
        }),
      ),
      [],
    ),
  }),
);

/** Throws LD_CONFIG where it does not exist or cannot be entered. */
export async function openNetworkNamespace(name: string): Promise<NetworkNamespace> {
  if (process.platform !== 'linux') {
    throw new LiveDebugError('LD_CONFIG', `--vpc ${name}: only Linux has network namespaces`, {
      remedy: 'Run livectl cloud --vpc on Linux, in a virtual machine or a privileged container.',
    });
  }
  if (!nameForm.test(name) || !existsSync(`${folder}/${name}`)) {
    throw new LiveDebugError('LD_CONFIG', `There is no network namespace ${JSON.stringify(name)}`, {
      remedy:
        '`ip netns list` shows those of this machine, `ip netns add NAME` creates one; both as the user that runs livectl.',
    });
  }
  const listed = await run(name, ['-n', name, '-json', 'address', 'show']);
  // Also mounts /sys and the files of /etc/netns, which takes more permissions than the network alone.
  await run(name, ['netns', 'exec', name, 'true']);
  return {
    name,
    networks: networksOf(listed),
    enter: (command) => ['ip', 'netns', 'exec', name, ...command],
  };
}

async function run(name: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('ip', args, { timeout: commandMs });
    return stdout;
  } catch (cause) {
    const { code, stderr = '' } = cause as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT') {
      throw new LiveDebugError(
        'LD_CONFIG',
        `--vpc ${name} needs the program \`ip\`, which is not installed`,
        {
          remedy: 'Install iproute2 (Debian: apt-get install iproute2).',
          cause,
        },
      );
    }
    const [why = ''] = stderr.trim().split('\n', 1);
    throw new LiveDebugError(
      'LD_CONFIG',
      `The network namespace ${name} can't be entered: ${why || messageOf(cause)}`,
      {
        remedy:
          'Run livectl cloud as root, or together with `ip netns add` in a user namespace (docs/cloud.md has the commands).',
        cause,
      },
    );
  }
}

/** Those that other hosts can have addresses in: no loopback, no link-local addresses. */
function networksOf(listed: string): string[] {
  const interfaces = v.parse(interfacesSchema, JSON.parse(listed || '[]'));
  const networks = interfaces
    .filter(({ flags }) => !flags.includes('LOOPBACK'))
    .flatMap(({ addr_info: addresses }) => addresses)
    .filter(({ scope }) => scope === 'global')
    .map(({ local, prefixlen }) => networkOf(addressBytes(local) ?? [], prefixlen));
  return [...new Set(networks)].slice(0, maxAllowEntries);
}

/** E.g. `10.99.0.0/24:*` for 10.99.0.1 and 24. */
function networkOf(address: readonly number[], bits: number): string {
  const first = address.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - 8 * index));
    return byte & (0xff00 >> kept);
  });
  const text = `${addressText(first)}/${bits}`;
  return first.length === 4 ? `${text}:*` : `[${text}]:*`;
}
