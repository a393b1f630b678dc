// The inspector's server: its page as scripts/build.mjs has built it, unpacked at the first request for it.
import unpack from 'embedded:inspector-page';
import type { PageFile, PageFiles } from './page.ts';

const types = {
  'index.html': { path: '/', contentType: 'text/html; charset=utf-8' },
  'app.js': { path: '/app.js', contentType: 'text/javascript; charset=utf-8' },
  'app.css': { path: '/app.css', contentType: 'text/css; charset=utf-8' },
} as const;

let files: PageFiles | undefined;

export async function builtPage(): Promise<PageFiles> {
  files ??= filesOf(JSON.parse(unpack()) as Readonly<Record<keyof typeof types, string>>);
  return files;
}

function filesOf(texts: Readonly<Record<keyof typeof types, string>>): PageFiles {
  const names = Object.keys(types) as (keyof typeof types)[];
  return new Map(
    names.map((name): [string, PageFile] => {
      const { contentType, path } = types[name];
      return [path, { contentType, bytes: Buffer.from(texts[name]) }];
    }),
  );
}
