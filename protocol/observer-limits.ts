// Limits of what clients that observe get; without an import, since a stub loads them on demand only.

/** So many clients may observe one function; of more, the newest do. */
export const mostObservers = 10;

/** How many bytes of an event, and of an answer, a copy has at most. */
export const mostKept = 256 * 1024;
