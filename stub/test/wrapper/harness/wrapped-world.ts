// The world of wrapped functions for one test file: relay, directory, clients and instances; everything ends with its test.
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { ClientItem } from '../../../../protocol/directory.ts';
import { type DirectoryTable, startDirectoryTable } from '../../../../protocol/test/directory-table.ts';
import { FakeRelay } from '../../../../protocol/test/fake-relay.ts';
import { FakeClient } from '../../harness/fake-client.ts';
import { stubEnvironment } from '../../harness/lambda.ts';
import { type Instances, type Options, type Started, useInstances } from './instances.ts';

export interface WrappedWorld extends Pick<Instances, 'folder'> {
  readonly relay: FakeRelay;
  readonly table: DirectoryTable;
  serve(fields?: Partial<ClientItem>): Promise<FakeClient>;
  /** An instance of a function that answers `{"deployed": event}`, waiting for an invocation. */
  wrapped(options?: Options): Promise<Started>;
  /** The same, just started. */
  start(options?: Options): Promise<Started>;
  /** What the module sets. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The deployed code. */
export const deployed = `
  console.log('deployed code is loaded');
  exports.handler = async (event) => ({ deployed: event });
`;

/** Answers every invocation of a client at once, with what `answer` gives. */
export function answerAll(client: FakeClient, answer: (event: string) => string): void {
  client.onMessage = (received) => {
    const { message } = received;
    if (message.type !== 'invoke') return;
    void client.answer({ ...received, message }, answer(Buffer.from(message.body).toString()));
  };
}

/** Call at the top of a test file. */
export function useWrappedWorld(): WrappedWorld {
  const instances = useInstances();
  let table: DirectoryTable;
  let relay: FakeRelay;
  let ends: (() => Promise<void> | void)[] = [];
  beforeAll(async () => {
    table = await startDirectoryTable();
  });
  beforeEach(async () => {
    relay = await new FakeRelay().start();
  });
  afterEach(async () => {
    for (const end of ends.reverse()) await end();
    ends = [];
    await relay.close();
  });
  afterAll(() => table.close());
  const optionsOf = ({ environment, taskRoot, ...options }: Options = {}): Options => ({
    ...options,
    taskRoot: taskRoot ?? instances.folder({ 'app.js': deployed }),
    environment: { ...stubEnvironment(relay.url(), table.endpoint), ...environment },
  });
  return {
    get relay() {
      return relay;
    },
    get table() {
      return table;
    },
    get environment() {
      return stubEnvironment(relay.url(), table.endpoint);
    },
    folder: (files) => instances.folder(files),
    wrapped: (options) => instances.ready(optionsOf(options)),
    start: (options) => instances.start(optionsOf(options)),
    serve: async (fields) => {
      const client = await FakeClient.serve(relay, table, fields);
      ends.push(async () => {
        client.close();
        await client.leave();
      });
      return client;
    },
  };
}
