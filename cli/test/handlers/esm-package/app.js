export const handler = async () => `a module: ${import.meta.url.endsWith('esm-package/app.js')}`;
