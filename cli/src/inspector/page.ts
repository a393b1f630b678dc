// The inspector's server: the files of its page, and the pages for those who may not see it.
import { type Answer, pagePolicy } from './answers.ts';

export interface PageFile {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** By path, `/` for the page itself. */
export type PageFiles = ReadonlyMap<string, PageFile>;

export function pageFile({ bytes, contentType }: PageFile): Answer {
  return {
    status: 200,
    headers: { 'Content-Type': contentType, 'Content-Security-Policy': pagePolicy },
    body: bytes,
  };
}

/** A browser that has not opened a link, or whose cookie has expired. */
export const noEntry = textPage(
  401,
  'This page opens with a link of its own',
  'Press o in the terminal where livectl serve runs: it opens a new link, and prints it.',
);

/** The link was opened before, or is over 10 minutes old. With `isKnown`, the browser may use the page anyway. */
export function usedLink(isKnown: boolean): Answer {
  const way = isKnown
    ? 'This browser has opened one already: <a href="/">open the inspector</a>.'
    : 'Press o in the terminal where livectl serve runs: it opens a new link, and prints it.';
  return textPage(
    403,
    'This link has been used, or has expired',
    `Each link opens once, within 10 minutes. ${way}`,
  );
}

/** `html` is one of the texts above: never a text from elsewhere. */
function textPage(status: number, title: string, html: string): Answer {
  return {
    status,
    headers: { 'Content-Type': 'text/html; charset=utf-8' },
    body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title} - livectl</title>
<h1>${title}</h1>
<p>${html}</p>
</html>
`,
  };
}
