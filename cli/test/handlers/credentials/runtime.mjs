// A program of its own that speaks the Runtime API and asks the AWS SDK for credentials: one provider for its life.
import { defaultProvider } from '@aws-sdk/credential-provider-node';

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/`;
const provider = defaultProvider();

for (;;) {
  const next = await fetch(`${api}next`);
  await next.text();
  const { accessKeyId, secretAccessKey, sessionToken } = await provider();
  const answer = { key: accessKeyId, secret: secretAccessKey, token: sessionToken, pid: process.pid };
  await fetch(`${api}${next.headers.get('lambda-runtime-aws-request-id')}/response`, {
    method: 'POST',
    body: JSON.stringify({
      ...answer,
      names: Object.keys(process.env).filter((name) => name.startsWith('AWS_')),
    }),
  });
}
