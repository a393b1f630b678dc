// Serves the built page with generated data, for work on it: `make page`. Reads commands from stdin, a line each.
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { FakeServe } from './fake-serve.ts';
import { brokenOrders } from './fake-state.ts';

const { values } = parseArgs({
  options: {
    page: { type: 'string', default: 'dist/inspector' },
    rows: { type: 'string', default: '10000' },
    port: { type: 'string', default: '0' },
    /** Milliseconds between invocations that come by themselves. */
    every: { type: 'string' },
  },
});

const serve = await FakeServe.start({
  page: values.page,
  rows: Number(values.rows),
  port: Number(values.port),
});
print({ event: 'ready', inspector: serve.url(), commands: Object.keys(commands()) });

if (values.every !== undefined) {
  setInterval(() => {
    const row = serve.begin();
    setTimeout(() => serve.end(row), 20 + Math.random() * 400);
  }, Number(values.every));
}

function commands(): Record<string, (argument: string) => unknown> {
  return {
    invoke: (name) => serve.invoke(name ? { function: name } : {}),
    fail: (name) => serve.invoke({ status: 'error', ...(name ? { function: name } : {}) }),
    burst: (count) => {
      for (let n = 0; n < Number(count || 100); n++) serve.invoke();
    },
    'build-error': () => serve.state.build(brokenOrders),
    'build-ok': () => serve.state.build([]),
    displaced: () => serve.state.displace('grace on laptop'),
    'relay-lost': () => serve.state.relay('lost'),
    'relay-connected': () => serve.state.relay('connected'),
    cut: () => serve.streams.cut(),
    stop: () => serve.close(),
    start: () => serve.listenAgain(),
    exit: () => process.exit(0),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const [name = '', argument = ''] = line.trim().split(' ', 2);
  const command = commands()[name];
  if (command === undefined) print({ event: 'error', message: `unknown command ${name}` });
  else await command(argument);
}
// stdin has ended, the server goes on.

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
