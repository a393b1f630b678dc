// Which connections of a function's code are routed, by one table for the runtime clients of Node.js and of Python. What is not
// routed is connected as without a tunnel: public addresses, this machine, private addresses that `allow` does not cover.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAllow } from '../../../protocol/tunnel/allow.ts';
import { Destinations } from '../../src/worker/node-tunnel/destinations.ts';
import { python, skipReason } from './python-interpreter.ts';

const here = dirname(fileURLToPath(import.meta.url));
const table = join(here, 'tunnel-routes.json');
const cases = JSON.parse(readFileSync(table, 'utf8')) as {
  readonly allow: readonly string[];
  readonly addresses: readonly (readonly [address: string, port: number, isRouted: boolean])[];
  readonly names: readonly (readonly [
    name: string,
    port: number,
    addresses: readonly string[],
    isRouted: boolean,
  ])[];
};

const unresolved = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });

function withAllow(entries: readonly string[] = cases.allow): Destinations {
  const destinations = new Destinations();
  destinations.allow = parseAllow(entries);
  return destinations;
}

describe('in Node.js', () => {
  it.each(cases.addresses)('%s port %i: %s', (address, port, isRouted) => {
    expect(withAllow().address(address, port)).toEqual(isRouted ? { host: address, port } : undefined);
  });

  it.each(cases.names)('%s port %i at %s: %s', (name, port, addresses, isRouted) => {
    expect(withAllow().name(name, port, addresses)).toEqual(isRouted ? { host: name, port } : undefined);
    // Looked up before, and connected to by its address.
    const destinations = withAllow();
    destinations.remember(name, addresses);
    expect(destinations.address(addresses[0] ?? '', port) !== undefined).toBe(isRouted);
  });

  it('a name with a public address besides private ones is not routed', () => {
    expect(withAllow().name('named.example', 5432, ['10.20.0.1', '52.1.2.3'])).toBeUndefined();
    expect(withAllow().name('named.example', 5432, [])).toBeUndefined();
  });

  it('a name of this machine is never routed, whatever it resolves to', () => {
    for (const name of ['localhost', 'LOCALHOST.', 'db.localhost']) {
      expect(withAllow().name(name, 5432, ['10.20.0.1'])).toBeUndefined();
      expect(withAllow().unresolved(name, 5432, unresolved)).toBeUndefined();
      expect(withAllow().standIn(name, 4, unresolved)).toBeUndefined();
    }
  });

  it('a failed look-up counts only if the name may exist elsewhere', () => {
    const other = Object.assign(new Error('no memory'), { code: 'EAI_MEMORY' });
    expect(withAllow().unresolved('db.internal', 5432, other)).toBeUndefined();
    expect(withAllow().unresolved('db.internal', 5432, unresolved)).toMatchObject({ host: 'db.internal' });
    expect(withAllow(['named.example:1']).unresolved('db.internal', 1, unresolved)).toBeUndefined();
  });

  it('stand-ins are the same for a name as long as it is known, and bounded in number', () => {
    const destinations = withAllow();
    const first = destinations.standIn('db0.internal', 4, unresolved);
    expect(destinations.standIn('DB0.internal.', 4, unresolved)).toBe(first);
    const all = new Set(
      Array.from({ length: 4096 }, (_, index) => destinations.standIn(`db${index}.internal`, 4, unresolved)),
    );
    expect(all.size).toBe(4096);
    for (const [index, address] of [...all].entries())
      expect(destinations.address(address ?? '', 1)).toMatchObject({ host: `db${index}.internal` });
    expect(destinations.standIn('one.more', 6, unresolved)).toBe('2001:2::1');
    expect(destinations.address(first ?? '', 1)).toMatchObject({ host: 'one.more' });
  });
});

it.skipIf(skipReason)('in Python', () => {
  const program = `
import importlib.machinery, json, sys
part = type(sys)("part")
part.__file__ = sys.argv[1]
importlib.machinery.SourceFileLoader("part", sys.argv[1]).exec_module(part)
cases = json.load(open(sys.argv[2]))

def destinations():
    made = part.Destinations()
    made.allow = part.Allow(cases["allow"])
    return made

for address, port, routed in cases["addresses"]:
    if (destinations().address(address, port) is not None) != routed:
        print(address, port, routed)
for name, port, addresses, routed in cases["names"]:
    made = destinations()
    made.remember(name, addresses)
    if (made.address(addresses[0], port) is not None) != routed:
        print(name, port, addresses, routed)
made = destinations()
error = part.socket.gaierror(part.socket.EAI_NONAME, "")
found = [made.stand_in("db%d.internal" % index, 0, error, 1) for index in range(4096)]
if len(set(found)) != 4096 or any(made.address(each, 1).host != "db%d.internal" % index for index, each in enumerate(found)):
    print("stand-ins")
if made.stand_in("one.more", part.socket.AF_INET6, error, 1) != "2001:2::1" or made.address(found[0], 1).host != "one.more":
    print("the oldest stand-in")
if any(made.stand_in(name, 0, error, 1) for name in ("localhost", "db.localhost.", "LOCALHOST")):
    print("localhost")
print("all")`;
  const file = join(here, '../../src/worker/python-runtime/python-tunnel.py');
  const { stdout, stderr } = spawnSync(python, ['-B', '-c', program, file, table], { encoding: 'utf8' });
  expect([stdout, stderr]).toEqual(['all\n', '']);
});
