// [5] How a runtime client tells livectl what a worker printed when: by marks in the pipes themselves.

/**
 * A mark is one line, `MARKER WORD REST`, written to both stdout and stderr: each pipe keeps its own order, and nothing else
 * shows how output in one relates to output in the other. MARKER is random, so that no function prints it by accident.
 * `begin ID` and `end ID` enclose an invocation; `debugger WORDS` is about the client's debugger.
 */
export const markWords = { begin: 'begin ', end: 'end ', debugger: 'debugger ' } as const;
