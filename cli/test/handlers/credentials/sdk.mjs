// As an SDK client made outside of the handler does: found once, used for as long as the process lives.
import { defaultProvider } from '@aws-sdk/credential-provider-node';

const provider = defaultProvider();
const { now } = Date;

/** `age`: as if that many seconds had passed since the variables were looked at. */
export const handler = async ({ age = 0 }) => {
  Date.now = () => now() + age * 1000;
  const { accessKeyId, expiration } = await provider();
  Date.now = now;
  return { key: accessKeyId, expires: expiration.getTime() - now() };
};
