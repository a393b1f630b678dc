// [5] How the temporary credentials of the local cloud are recognized.

/** The prefix of the local cloud's access key ids; AWS issues none with it. */
export const localKeyPrefix = 'ASIALIVECTL';
