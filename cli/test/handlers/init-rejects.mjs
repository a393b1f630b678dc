class NoDatabaseError extends Error {
  name = 'NoDatabaseError';
}
await Promise.reject(new NoDatabaseError('rejected while it was imported'));
export const handler = async () => 'never';
