// [1] How long a stub waits for what, by the time that the invocation itself has.

/** A whole invocation is acknowledged within this, plus the time its bytes take on a slow line. */
const ackMs = 3000;
const slowLineBytesPerMs = 250;

/** A long wait makes sure this often, at the latest, that both ends are still there. */
const longestProbeMs = 10_000;
/** A client whose connection is gone while its lease holds may be reconnecting: it is given this time. */
const longestReconnectMs = 3000;
/** A client that is silent may have a new connection by now, or somebody else serves. */
const lookEveryMs = 1000;
/** The answer to a ping of the stub's own socket. */
const longestPingMs = 1500;
/** Of an invocation with this little time even a single question comes too late. */
const shortestProbeMs = 100;

/** The waits of one invocation, in milliseconds. */
export interface Patience {
  /** For an ack of the first sending to a connection, from the relay's taking of it; each further one has twice the time. */
  readonly ackMs: number;
  /** A client that is silent is looked up this often. */
  readonly lookEveryMs: number;
  /** Between two questions whether the client still works on it: a third of the invocation's time. */
  readonly probeMs: number;
  /** For a client whose connection is gone before it has begun: half its time at most, the next in order needs the rest. */
  readonly graceMs: number;
  /** The same for one that has begun: at half its time at the latest a caller knows. */
  readonly reconnectMs: number;
  readonly pingMs: number;
}

/** `totalMs` is the time that the invocation has in all, `eventBytes` the length of its event. */
export function patienceOf(totalMs: number, eventBytes: number): Patience {
  const third = Math.max(shortestProbeMs, totalMs / 3);
  return {
    ackMs: Math.round(ackMs + eventBytes / slowLineBytesPerMs),
    lookEveryMs,
    probeMs: Math.min(longestProbeMs, third),
    graceMs: Math.min(longestReconnectMs, totalMs / 2),
    reconnectMs: Math.min(longestReconnectMs, third / 2),
    pingMs: Math.min(longestPingMs, third),
  };
}
