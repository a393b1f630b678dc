// Tells whether the module of NODE_OPTIONS was loaded before.
export const handler = async () => globalThis.importedByNodeOptions === true;
