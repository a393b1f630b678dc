// Which layers the functions have by ARN, where no local folder stands in for them.
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { type LayerVersionArn, parseLayerArn } from '../manifest/layer-arn.ts';

/** A layer and the functions that have it, by name. */
export interface LayerUse extends LayerVersionArn {
  readonly functions: readonly string[];
}

/** Lambda's limit for a function. */
const mostLayers = 5;

/** Of functions with `layers` and without `layer_dirs`, in the order in which they are named. */
export function layerUses(functions: readonly FunctionSettings[]): {
  readonly uses: readonly LayerUse[];
  readonly notices: readonly string[];
} {
  const uses = new Map<string, LayerVersionArn & { readonly functions: string[] }>();
  const notices: string[] = [];
  for (const { layers, name } of functions.filter(needsLayers)) {
    if (layers.length > mostLayers)
      notices.push(`${name}: of ${layers.length} layers, Lambda takes ${mostLayers}`);
    for (const text of layers.slice(0, mostLayers)) {
      const arn = parseLayerArn(text);
      if (arn === undefined) {
        notices.push(
          `${name} runs without its layer ${JSON.stringify(text.slice(0, 300))}, which is not the ARN of a layer version: it ends with :layer:NAME:VERSION`,
        );
        continue;
      }
      const use = uses.get(text) ?? { ...arn, functions: [] };
      if (!use.functions.includes(name)) use.functions.push(name);
      uses.set(text, use);
    }
  }
  return { uses: [...uses.values()], notices };
}

/** Whether its layers are to be fetched. */
export function needsLayers({ layerDirs = [], layers }: FunctionSettings): boolean {
  return layerDirs.length === 0 && layers.length > 0;
}

/** The functions with the folders of their layers, as far as `folderOf` knows them. */
export function withLayerFolders(
  functions: readonly FunctionSettings[],
  folderOf: (arn: string) => string | undefined,
): readonly FunctionSettings[] {
  return functions.map((settings) => {
    if (!needsLayers(settings)) return settings;
    const layerDirs = settings.layers.slice(0, mostLayers).flatMap((arn) => folderOf(arn) ?? []);
    return { ...settings, layerDirs };
  });
}
