// The tunnel's bounds, the same at both ends: numbers, sizes and times. docs/protocol.md lists them.

/** Streams at once on a link; one more is refused with `limit`. */
export const maxStreams = 256;

/** What a receiver grants a stream when it opens, in bytes: all streams together hold 32 MB at most. */
export const firstWindowBytes = 128 * 1024;

/** The largest window of a stream, in bytes: 100 Mbit/s with 120 ms until the next grant, while a batch before them comes 180 ms late. */
export const largestWindowBytes = 4 * 1024 * 1024;

/** By how much the windows of all streams together may exceed the first ones, in bytes. */
export const windowBudgetBytes = 32 * 1024 * 1024;

/** Bytes that a stream takes from its writer beyond what it may send. */
export const unsentBytes = 128 * 1024;

/** Posts at once, and how many of them may hold nothing but large data: a query always finds one free. */
export const postsAtOnce = 12;
export const largePostsAtOnce = 10;

/** Data of a stream up to this size goes before larger data of others; it fits in one flight of TCP (14 KB). */
export const smallDataBytes = 8 * 1024;

/** Large data of several streams takes turns in pieces of this size. */
export const turnBytes = 16 * 1024;

/** How long frames wait for others while posts are under way, in milliseconds. */
export const gatherMs = 2;

/**
 * An ack waits this long for a batch that takes it along. With more bytes to acknowledge it waits less: until the time since
 * the last one has passed, or not at all. Milliseconds, bytes.
 */
export const ackDelayMs = 100;
export const ackEarlyBytes = 32 * 1024;
export const ackEarlyMs = 20;
export const ackLateBytes = 256 * 1024;

/** Streams survive a lost socket, or a silent other end, for this long. Milliseconds. */
export const resumeWithinMs = 10_000;

/** How long an `open` may take, in milliseconds: the function's look-up and connect, and a resumed link. */
export const openWithinMs = 30_000;

/** Silence after which the client asks whether the function is there: with streams, and without. Milliseconds. */
export const keepaliveMs = 5000;
export const idleKeepaliveMs = 20_000;

/** Silence after which the function takes the client for gone. Milliseconds. */
export const silenceMs = 60_000;

/**
 * A delivered batch that is not acknowledged counts as lost after this long at least, and at most unless acks take longer.
 * Milliseconds.
 */
export const shortestLossMs = 400;
export const longestLossMs = 1500;

/** Longest texts, in bytes: a DNS name, a connection id, an address, the reason of a refusal. */
export const maxHostBytes = 253;
export const maxConnectionIdBytes = 128;
export const maxAddressBytes = 64;
export const maxReasonBytes = 1000;

/** Ranges in one `ack`, and how many a receiver remembers. */
export const maxAckRanges = 32;
export const maxSeenRanges = 64;
