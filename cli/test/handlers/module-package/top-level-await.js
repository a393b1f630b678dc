// Its init phase is over when the promise is.
const ready = await new Promise((resolve) => setTimeout(() => resolve('ready'), 5));
export const handler = async () => ready;
