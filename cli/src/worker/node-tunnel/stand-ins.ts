// [5] Addresses that stand for names which only the VPC resolves: code that looks a name up before it connects receives one, and
// a connection to it is routed by the name.

/** So many names are known at a time; the oldest one goes first. */
const most = 4096;

interface StandIn {
  readonly name: string;
  /** What the look-up on this machine failed with. */
  error: NodeJS.ErrnoException;
}

/**
 * 198.18.0.0/15 and 2001:2::/48 are reserved for benchmarks of network devices (RFC 2544, 5180): no host on the internet and no
 * usual private network has them.
 */
const prefixes = { 4: '198.18', 6: '2001:2::' } as const;

export class StandIns {
  readonly #slots = new Map<number, StandIn>();
  readonly #numbers = new Map<string, number>();
  #next = 0;

  /** The address for a name that this machine could not resolve; the same one as long as it is known. */
  addressFor(name: string, family: 4 | 6, error: NodeJS.ErrnoException): string {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#next;
      this.#next = (this.#next + 1) % most;
      const old = this.#slots.get(number);
      if (old) this.#numbers.delete(old.name);
      this.#numbers.set(name, number);
    }
    this.#slots.set(number, { name, error });
    // No address ends in 0.
    const at = number + 1;
    return family === 4
      ? `${prefixes[4]}.${Math.floor(at / 255)}.${(at % 255) + 1}`
      : `${prefixes[6]}${at.toString(16)}`;
  }

  /** What an address stands for; undefined for all others. */
  at(address: string): StandIn | undefined {
    const number = numberOf(address);
    return number === undefined ? undefined : this.#slots.get(number);
  }
}

function numberOf(address: string): number | undefined {
  const [, third, fourth] = /^198\.18\.(\d+)\.(\d+)$/.exec(address) ?? [];
  if (third !== undefined) return Number(third) * 255 + Number(fourth) - 1 - 1;
  const [, hex] = /^2001:2::([0-9a-f]{1,4})$/i.exec(address) ?? [];
  return hex === undefined ? undefined : Number.parseInt(hex, 16) - 1;
}
