// Adds a remedy to esbuild's messages, if a field of the manifest or a package can help.
import type { Message } from 'esbuild';
import type { BuildMessage } from './build-event.ts';
import { buildMessage } from './incremental-build.ts';

/** esbuild's message, with our remedy if there is one. */
export function explained(message: Message): BuildMessage {
  const told = buildMessage(message);
  const remedy = remedyFor(message.text, told.file ?? '');
  return remedy === undefined ? told : { ...told, text: `${told.text}: ${remedy}` };
}

function remedyFor(text: string, file: string): string | undefined {
  const [, extension] = /^No loader is configured for "([^"]+)" files/.exec(text) ?? [];
  if (extension !== undefined) {
    return `name one of esbuild's loaders, as "esbuild": { "loader": { ${JSON.stringify(extension)}: "text" } }; for a plugin, run your own bundler with "build"`;
  }
  const [, specifier] = /^Could not resolve "([^"./][^"]*)"/.exec(text) ?? [];
  if (specifier !== undefined) {
    return `install it, name its layer in "layers" or "layer_dirs", or name it in "esbuild": { "external": [${JSON.stringify(specifier)}] }`;
  }
  if (text.startsWith('Top-level await')) {
    return /(?:^|[\\/])node_modules[\\/]/.test(file)
      ? 'this package can only be a part of an ES module; set "esbuild": { "format": "esm" }'
      : 'rename the handler to .mts, or set "esbuild": { "format": "esm" }';
  }
  return undefined;
}
