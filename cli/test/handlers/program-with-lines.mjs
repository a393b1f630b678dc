// A program that speaks the Runtime API itself and prints on both pipes before, in and after each invocation.
import { writeSync } from 'node:fs';

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;

function print(words) {
  writeSync(2, `${words} err\n`);
  writeSync(1, `${words} out\n`);
}

print('init');
for (;;) {
  const next = await fetch(`${api}/next`);
  const { name } = await next.json();
  print(`in ${name}`);
  const id = next.headers.get('lambda-runtime-aws-request-id');
  await fetch(`${api}/${id}/response`, { method: 'POST', body: '"answered"' });
  print(`after ${name}`);
}
