// Lets `trigger` and `invoke` on this machine find a running `serve`, and watch it.
import { realpathSync } from 'node:fs';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import type { ControlServer } from '../control/control-server.ts';
import { writeServeState } from '../control/serve-state.ts';
import type { Inspector } from '../inspector/inspector.ts';
import type { Manifest } from '../manifest/load-manifest.ts';
import type { SessionEvent } from '../session/session-event.ts';
import type { OpenedStage } from './stage-to-serve.ts';

/** Writes the state file; returns a function that removes it. Serving continues if the file cannot be written. */
export async function announce(
  manifest: Manifest,
  { described: place, notServed = [] }: Pick<OpenedStage, 'described' | 'notServed'>,
  { token, url }: ControlServer,
  inspector: Pick<Inspector, 'address'> | undefined,
  emit: (event: SessionEvent) => void,
): Promise<() => void> {
  try {
    return await writeServeState({
      since: new Date().toISOString(),
      control: { url, token },
      ...(inspector ? { inspector: { url: inspector.address } } : {}),
      root: realpathSync(manifest.root),
      manifest: place.kind === 'local' ? realpathSync(manifest.file) : manifest.file,
      functions: [...manifest.functions.map(({ name }) => name), ...notServed],
      place,
    });
  } catch (error) {
    emit({
      event: 'notice',
      message: `livectl trigger and invoke won't find this livectl: ${messageOf(error)}`,
    });
    return () => undefined;
  }
}
