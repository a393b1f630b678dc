// [5] How a runtime client and livectl agree on what a worker printed when: marks in the pipes themselves.

/**
 * A mark is one line, `MARKER WORD REST`, written to stdout and to stderr: each pipe keeps its own order, and nothing
 * else says how much of one pipe came before something in the other. MARKER is random, so no function prints it by
 * accident. `begin ID` and `end ID` stand around an invocation; `debugger WORDS` tells of the client's debugger.
 */
export const markWords = { begin: 'begin ', end: 'end ', debugger: 'debugger ' } as const;
