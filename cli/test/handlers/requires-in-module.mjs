require('./echo.mjs');
export const handler = async () => {};
