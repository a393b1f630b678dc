// Where loggers that know Lambda's client look for the request id.
export const handler = async () => globalThis[Symbol.for('aws.lambda.runtime.requestId')];
