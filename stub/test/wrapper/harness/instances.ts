// Runtime APIs, instances and handlers of one test file; everything ends with its test.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';
import { stubEnvironment } from '../../harness/lambda.ts';
import { Instance, type InstanceOptions, layerFolder } from './instance.ts';
import { RecordingRuntimeApi } from './recording-runtime-api.ts';

export interface Started {
  readonly api: RecordingRuntimeApi;
  readonly instance: Instance;
}

export type Options = Partial<Omit<InstanceOptions, 'api' | 'layer'>> & {
  /** Default: the built layer; null: unwrapped. */
  readonly layer?: string | null | undefined;
};

export interface Instances {
  /** Files of a function's folder, by path; returns the folder. */
  folder(files: Readonly<Record<string, string>>): string;
  /** An instance that has just been started. */
  start(options: Options): Promise<Started>;
  /** The same once its runtime waits for an invocation. */
  ready(options: Options): Promise<Started>;
}

/** What the module sets where there is neither table nor relay. */
export const nothingThere = stubEnvironment('http://127.0.0.1:9/live', 'http://127.0.0.1:9');

/** Call at the top of a test file. */
export function useInstances(): Instances {
  let ends: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const end of ends.reverse()) await end();
    ends = [];
  });
  const folder: Instances['folder'] = (files) => {
    const root = mkdtempSync(join(tmpdir(), 'wrapper-test-'));
    ends.push(() => rmSync(root, { recursive: true, force: true }));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
    }
    return root;
  };
  const start: Instances['start'] = async ({ layer = layerFolder, ...options }) => {
    const api = await new RecordingRuntimeApi().start();
    const given = layer === null ? {} : nothingThere;
    const instance = new Instance({
      api,
      layer: layer ?? undefined,
      taskRoot: options.taskRoot ?? '/tmp',
      handler: 'app.handler',
      ...options,
      environment: { ...given, ...options.environment },
    });
    ends.push(
      () => api.close(),
      () => instance.stop(),
    );
    return { api, instance };
  };
  const ready: Instances['ready'] = async (options) => {
    const started = await start(options);
    const { api, instance } = started;
    const ended = instance.ended.then((how) => {
      throw new Error(`the runtime ended with ${how}: ${instance.stdout} ${instance.stderr}`);
    });
    ended.catch(() => undefined);
    await Promise.race([api.until(() => api.isWaiting), ended]);
    return started;
  };
  return { folder, start, ready };
}
