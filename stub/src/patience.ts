// [1] How long a stub waits for what, depending on the invocation's own time.

/** A whole invocation is acknowledged within this, plus the transfer time of its bytes on a slow line. */
const ackMs = 3000;
const slowLineBytesPerMs = 250;

/** Maximum interval of checks during a long wait that both ends are still there. */
const longestProbeMs = 10_000;
/** How long a client whose connection is gone while its lease is valid may take to reconnect. */
const longestReconnectMs = 3000;
/** A silent client may have a new connection by now, or another client serves. */
const lookEveryMs = 1000;
/** Timeout of a ping on the stub's own socket. */
const longestPingMs = 1500;
/** With less time than this, even a single question comes too late. */
const shortestProbeMs = 100;

/** The waits of one invocation, in milliseconds. */
export interface Patience {
  /** For an ack of the first sending to a connection, from the relay's acceptance; each further one has twice the time. */
  readonly ackMs: number;
  /** Interval of look-ups of a silent client. */
  readonly lookEveryMs: number;
  /** Interval of questions whether the client still works on it: a third of the invocation's time. */
  readonly probeMs: number;
  /** For a client whose connection is gone before it has begun: at most half its time, since the next client needs the rest. */
  readonly graceMs: number;
  /** The same for one that has begun: the caller knows at half its time at the latest. */
  readonly reconnectMs: number;
  readonly pingMs: number;
}

/** `totalMs` is the invocation's total time, `eventBytes` the length of its event. */
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
