export const handler = async () => ({
  TZ: process.env.TZ,
  offset: new Date('2024-07-01T00:00:00Z').getTimezoneOffset(),
});
