// A runtime of its own: speaks the Runtime API with fetch and answers each event with the very bytes it got.
const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;

for (;;) {
  const next = await fetch(`${api}/next`);
  const id = next.headers.get('lambda-runtime-aws-request-id');
  const event = await next.arrayBuffer();
  await fetch(`${api}/${id}/response`, { method: 'POST', body: event });
}
