import { InvokeStore } from '@aws/lambda-invoke-store';

const store = await InvokeStore.getInstanceAsync();
const before = [store.hasContext(), store.getRequestId()];

export const handler = async () => {
  const left = store.get('own') ?? null;
  store.set('own', 'set by the handler');
  let refused;
  try {
    store.set(Symbol.for('_AWS_LAMBDA_REQUEST_ID'), 'another');
  } catch (error) {
    refused = error.message;
  }
  await null;
  return {
    before,
    left,
    own: store.get('own'),
    refused,
    now: [store.hasContext(), store.getRequestId(), store.getXRayTraceId(), store.getTenantId()],
  };
};
