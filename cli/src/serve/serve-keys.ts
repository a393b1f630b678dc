// The keys of a running `serve` at a terminal.
import { systemClock } from '../../../protocol/clock.ts';
import type { Inspector } from '../inspector/inspector.ts';
import type { Output } from '../log/output.ts';
import { listenForKeys } from '../run/keys.ts';
import { browserCommands, browserPlace, openBrowser } from '../run/open-browser.ts';

/** Returns what ends them. */
export function serveKeys(inspector: Inspector | undefined, output: Output): () => void {
  if (inspector === undefined) return () => undefined;
  return listenForKeys({ o: () => void openInspectorPage(inspector, output) }, systemClock);
}

/** A new link each time, since each opens once. */
async function openInspectorPage(inspector: Inspector, output: Output): Promise<void> {
  const url = inspector.url();
  output.line(`· inspector: ${url}`);
  const isOpen = await openBrowser(browserCommands(url, browserPlace()), systemClock);
  if (!isOpen) output.line('· no browser could be started: open the link above, or set BROWSER');
}
