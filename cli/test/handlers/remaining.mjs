export const handler = async (_event, context) => {
  const remaining = context.getRemainingTimeInMillis();
  return { now: Date.now(), remaining };
};
