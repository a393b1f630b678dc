export const handler = async (event) => ({ echoed: event });
