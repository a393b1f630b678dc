export const handler = async (_event, context) => ({
  ...context,
  remaining: context.getRemainingTimeInMillis(),
  methods: Object.keys(context).filter((key) => typeof context[key] === 'function'),
  traceId: process.env._X_AMZN_TRACE_ID,
  cwd: process.cwd(),
});
