// Triggers of livectl.json that only the local cloud can judge: a function with such a one is broken, and the others are served.
import { refusedTriggers } from '../cloud/sources.ts';
import type { LoadedManifest } from '../manifest/load-manifest.ts';
import { jsonPath, type Mistake } from '../manifest/mistakes.ts';

/** The manifest with these functions among the broken ones, without the triggers. */
export function withoutRefusedTriggers(manifest: LoadedManifest): LoadedManifest {
  const refused = refusedTriggers(manifest.functions);
  if (refused.length === 0) return manifest;
  const broken = new Map<string, readonly Mistake[]>(manifest.broken);
  for (const { functionName, kind, reason } of refused) {
    const path = jsonPath(['functions', functionName, 'triggers', kind]);
    broken.set(functionName, [...(broken.get(functionName) ?? []), { path, text: reason }]);
  }
  const functions = manifest.functions.map((settings) => {
    const kinds = refused.flatMap(({ functionName, kind }) => (functionName === settings.name ? [kind] : []));
    if (kinds.length === 0) return settings;
    const triggers = { ...settings.triggers };
    for (const kind of kinds) delete triggers[kind];
    return { ...settings, triggers, wrap: undefined };
  });
  return { ...manifest, functions, broken };
}
