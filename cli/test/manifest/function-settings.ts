// The settings of a function with only the required fields, for tests.
import type { FunctionSettings } from '../../src/manifest/function-settings.ts';

export function functionSettings(changes: Partial<FunctionSettings> = {}): FunctionSettings {
  return {
    name: 'hello',
    handler: 'src/hello.handler',
    runtime: 'nodejs22.x',
    timeout: 3,
    memorySize: 128,
    environment: {},
    invokeMode: undefined,
    durable: undefined,
    qualifier: undefined,
    sourceDir: '.',
    build: undefined,
    watch: undefined,
    layers: [],
    layerDirs: undefined,
    command: undefined,
    python: undefined,
    esbuild: { bundle: undefined, packages: 'auto', external: [] },
    inVpc: false,
    tunnel: undefined,
    wrap: undefined,
    fallbackArn: undefined,
    triggers: {},
    ...changes,
  };
}
