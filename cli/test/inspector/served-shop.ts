// A project that a real `serve --local` answers, for tests of the inspector in a browser: HTTP, a queue, and code that fails.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Livectl, project, runLivectl } from '../e2e/livectl-process.ts';

const manifest = {
  functions: {
    orders: {
      handler: 'src/orders.handler',
      runtime: 'nodejs22.x',
      triggers: { http: { path: '/orders', method: 'ANY' } },
    },
    invoices: {
      handler: 'src/invoices.handler',
      timeout: 1,
      runtime: 'nodejs22.x',
      triggers: { sqs: { queue_name: 'invoices', max_receive_count: 2, visibility_timeout_seconds: 6 } },
    },
    prices: {
      handler: 'src/prices.handler',
      runtime: 'nodejs22.x',
      triggers: { http: { path: '/prices' } },
    },
  },
};

/** `mark` is what an edit of the code changes. */
export function ordersCode(mark: string): string {
  return `export const handler = async (event: { body?: string; rawQueryString?: string }) => {
  const order = JSON.parse(event.body ?? '{}');
  console.log('order of', order.customer ?? 'nobody');
  return {
    statusCode: 201,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mark: '${mark}', customer: order.customer, quantity: order.quantity }),
  };
};
`;
}

const invoicesCode = `interface Batch { Records: { body: string }[] }
export const handler = async (event: Batch) => {
  for (const record of event.Records) {
    console.warn('invoice', record.body);
    if (record.body.includes('poison')) throw new Error('cannot read the invoice: ' + record.body);
  }
  return { written: event.Records.length };
};
`;

const pricesCode = `import { priceOf } from './price-list';
export const handler = async () => ({ price: priceOf(undefined as never) });
`;

const priceListCode = `interface Item { readonly sku: string; readonly price: number }

export function priceOf(item: Item): number {
  console.error('price of', item);
  return item.price * item.sku.length;
}
`;

export class ServedShop {
  readonly root: string;
  serve: Livectl;
  readonly #env: Record<string, string>;
  readonly #remove: () => void;

  private constructor(root: string, remove: () => void) {
    this.root = root;
    this.#remove = remove;
    this.#env = { XDG_STATE_HOME: join(root, '.state') };
    this.serve = this.#start();
  }

  static async start(): Promise<ServedShop> {
    const { remove, root } = project({
      'livectl.json': JSON.stringify(manifest),
      'src/orders.ts': ordersCode('one'),
      'src/invoices.ts': invoicesCode,
      'src/prices.ts': pricesCode,
      'src/price-list.ts': priceListCode,
    });
    const shop = new ServedShop(root, remove);
    await shop.serve.event('ready');
    return shop;
  }

  #start(): Livectl {
    const args = ['serve', '--local', '--port', '0', '--format', 'json', '--root', this.root];
    return new Livectl(args, { env: this.#env });
  }

  /** The link of `ready`. */
  async link(): Promise<string> {
    const { inspector } = await this.serve.event('ready');
    if (inspector === undefined) throw new Error('ready without an inspector');
    return inspector;
  }

  get token(): string {
    const folder = join(this.#env.XDG_STATE_HOME ?? '', 'livectl', 'run');
    const file = readdirSync(folder).find((name) => name.endsWith('.json')) ?? '';
    return (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { control: { token: string } }).control
      .token;
  }

  /** As the key `o` makes one: each works once. */
  async newLink(): Promise<string> {
    const response = await fetch(new URL('/api/v1/links', await this.link()), {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}` },
      signal: AbortSignal.timeout(20_000),
    });
    return ((await response.json()) as { url: string }).url;
  }

  async restart(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    await this.serve.stop(signal);
    await this.serve.dispose();
    this.serve = this.#start();
    await this.serve.event('ready');
  }

  async http(path: string, init: RequestInit = {}): Promise<Response> {
    const url = await this.serve.url();
    return fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(20_000) });
  }

  order(customer: string, quantity = 1): Promise<Response> {
    return this.http('/orders', { method: 'POST', body: JSON.stringify({ customer, quantity }) });
  }

  async send(body: string): Promise<void> {
    const args = ['trigger', 'sqs', 'invoices', '--local', '--root', this.root, '--body', body, '--no-wait'];
    const { code, stderr } = await runLivectl(args, { env: this.#env });
    if (code !== 0) throw new Error(`trigger sqs: ${stderr}`);
  }

  /** Waits until the event with that text is in the project's folder. */
  async hasRecorded(text: string): Promise<void> {
    const folder = join(this.root, '.livectl', 'recordings');
    await expect
      .poll(
        () =>
          readdirSync(folder, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .some((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(text)),
        { timeout: 15_000 },
      )
      .toBe(true);
  }

  write(file: string, content: string): void {
    writeFileSync(join(this.root, file), content);
  }

  async close(): Promise<void> {
    await this.serve.dispose();
    this.#remove();
  }
}
