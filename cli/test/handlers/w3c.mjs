// The trace context of the caller, which nodejs24 hands over by a method.
export const handler = async (_event, context) => {
  const fields = context.w3c();
  return { fields, frozen: Object.isFrozen(fields), clientContext: context.clientContext };
};
