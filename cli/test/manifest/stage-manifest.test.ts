// How sources are built by a stage's manifest, which others than the developer may have written.
import { expect, it } from 'vitest';
import type { Directory } from '../../../protocol/directory.ts';
import { readStageManifest } from '../../src/manifest/stage-manifest.ts';

function read(esbuild: unknown, sourceDir = '.') {
  const hello = {
    function_name: 'hello',
    handler: 'src/hello.handler',
    runtime: 'nodejs22.x',
    timeout: 3,
    memory_size: 128,
    source_dir: sourceDir,
    esbuild,
  };
  const document = {
    version: 1,
    relay: { url: 'https://a1b2c3.execute-api.eu-west-1.amazonaws.com/live' },
    functions: { hello },
  };
  const directory = {
    tableName: 'live-debug-dev',
    call: async () => ({ Item: { document: { S: JSON.stringify(document) } } }),
  } as unknown as Directory;
  return readStageManifest(directory, 'dev', undefined, { region: 'eu-west-1', isEmulated: false });
}

it('accepts the fields of esbuild as Terraform writes them', async () => {
  const { functions } = await read(
    {
      packages: 'bundle',
      loader: { '.sql': 'text' },
      keep_names: false,
      format: null,
      inject: ['../shim.js'],
    },
    'services/a',
  );
  expect(functions[0]?.esbuild).toEqual({
    bundle: true,
    packages: 'bundle',
    external: [],
    loader: { '.sql': 'text' },
    keepNames: false,
    inject: ['../shim.js'],
  });
});

it.each([
  [{ inject: ['/etc/passwd'] }, '/etc/passwd'],
  [{ inject: ['../../home/ada/.ssh/evil.js'] }, '../../home/ada/.ssh/evil.js'],
  [{ tsconfig: 'C:\\evil\\tsconfig.json' }, 'C:\\evil\\tsconfig.json'],
  [{ entry_points: ['src/../../evil.js'] }, 'src/../../evil.js'],
  [{ alias: { lodash: '../evil.js' } }, '../evil.js'],
])('refuses a path out of the project: %j', async (esbuild, path) => {
  await expect(read(esbuild)).rejects.toMatchObject({
    code: 'LD_STAGE',
    message: `functions.hello.esbuild of stage dev names ${JSON.stringify(path)}, outside the folder that livectl serves`,
  });
});
