// [5] The first port of `--inspect`.

/** Node's own default, which debuggers try first. */
export const defaultDebugPort = 9229;
