// The stub's whole world for one test file: relay, directory and the built stub; everything ends with the test.
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { ClientItem } from '../../../protocol/directory.ts';
import { type DirectoryTable, startDirectoryTable } from '../../../protocol/test/directory-table.ts';
import { FakeRelay } from '../../../protocol/test/fake-relay.ts';
import { type BuiltStub, buildStub } from './build-stub.ts';
import { FakeClient } from './fake-client.ts';
import { Lambda, type LambdaOptions } from './lambda.ts';

export interface World {
  readonly relay: FakeRelay;
  readonly table: DirectoryTable;
  readonly built: BuiltStub;
  /** A client that serves the whole stage, or as `fields` say. */
  serve(fields?: Partial<ClientItem>): Promise<FakeClient>;
  /** A warm instance of the shipped stub. */
  lambda(options?: Partial<LambdaOptions>): Promise<Lambda>;
  /** One whose clock the test turns. */
  manualLambda(environment?: Readonly<Record<string, string>>): Promise<Lambda>;
}

/** Call at the top of a test file; the fields change with every test. */
export function useWorld(): World {
  let built: BuiltStub;
  let table: DirectoryTable;
  let relay: FakeRelay;
  let ends: (() => Promise<void> | void)[] = [];

  beforeAll(async () => {
    [built, table] = await Promise.all([buildStub(), startDirectoryTable()]);
  });
  beforeEach(async () => {
    relay = await new FakeRelay().start();
  });
  afterEach(async () => {
    for (const end of ends.reverse()) await end();
    ends = [];
    await relay.close();
  });
  afterAll(async () => {
    await Promise.all([built.remove(), table.close()]);
  });

  const lambda = async (options: Partial<LambdaOptions> = {}) => {
    const started = await Lambda.start({
      runtimeFile: built.runtimeFile,
      stubFile: built.indexFile,
      relayUrl: relay.url(),
      directoryEndpoint: table.endpoint,
      ...options,
    });
    ends.push(() => started.stop());
    return started;
  };
  return {
    get relay() {
      return relay;
    },
    get table() {
      return table;
    },
    get built() {
      return built;
    },
    lambda,
    manualLambda: (environment = {}) => lambda({ stubFile: built.manualClockFile, environment }),
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
