// A JSON string of exactly so many bytes.
export const handler = async ({ bytes }) => 'x'.repeat(bytes - 2);
