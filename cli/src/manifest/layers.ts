// [5] Local folders that stand in for a function's layers: the variables with which their files are found, as below /opt.
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { nodeMajor, pythonVersion } from './runtimes.ts';

/**
 * The folders of packages in a layer for Node.js, as Lambda searches them; see
 * https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
 */
export function nodeModulesOf(layer: string, runtime: string): string[] {
  const major = nodeMajor(runtime);
  if (major === undefined) return [];
  return [join(layer, 'nodejs', `node${major}`, 'node_modules'), join(layer, 'nodejs', 'node_modules')];
}

/**
 * The variables for layers, which are absolute and in the order of the function's configuration. On Lambda a later layer's files
 * hide an earlier one's, so later ones are searched first. `path` is this machine's `PATH`.
 */
export function layerVariables(
  layers: readonly string[],
  runtime: string,
  path: string = process.env.PATH ?? '',
): Record<string, string> {
  if (layers.length === 0) return {};
  const ordered = layers.toReversed();
  const joined = (places: (layer: string) => readonly string[]) => ordered.flatMap(places).join(delimiter);
  const variables: Record<string, string> = {
    PATH: `${joined((layer) => [join(layer, 'bin')])}${delimiter}${path}`,
    LD_LIBRARY_PATH: joined((layer) => [join(layer, 'lib')]),
    // For code that reads /opt by name, which does not exist here.
    LIVECTL_LAYER_DIRS: ordered.join(delimiter),
  };
  const python = pythonVersion(runtime);
  const [, ruby] = /^ruby(\d+\.\d+)$/.exec(runtime) ?? [];
  if (nodeMajor(runtime) !== undefined)
    variables.NODE_PATH = joined((layer) => nodeModulesOf(layer, runtime));
  if (python !== undefined) {
    const packages = join('python', 'lib', `python${python}`, 'site-packages');
    variables.PYTHONPATH = joined((layer) => [join(layer, packages), join(layer, 'python')]);
  }
  if (ruby !== undefined) {
    variables.GEM_PATH = joined((layer) => [join(layer, 'ruby', 'gems', `${ruby}.0`)]);
    variables.RUBYLIB = joined((layer) => [join(layer, 'ruby', 'lib')]);
  }
  return variables;
}
