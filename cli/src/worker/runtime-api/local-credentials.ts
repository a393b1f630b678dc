// [5] How the throw-away credentials of the local cloud are told from everybody else's.

/** What the access key ids of the local cloud begin with; AWS gives out none that do. */
export const localKeyPrefix = 'ASIALIVECTL';
