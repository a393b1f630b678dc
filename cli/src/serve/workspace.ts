// What a running `serve` stands on: its run's folder, and where its events go.
import { systemClock } from '../../../protocol/clock.ts';
import { type ControlServer, startControlServer } from '../control/control-server.ts';
import type { Closers } from '../run/closers.ts';
import { inOrder } from '../session/in-order.ts';
import type { SessionEvent } from '../session/session-event.ts';
import { openRunFolder, type RunFolder } from './run-folder.ts';

export interface Workspace extends RunFolder {
  /** Where other livectls of this machine watch. */
  readonly control: ControlServer;
  /** Shows an event and hands it to those who watch, in the order of their times. */
  readonly emit: (event: SessionEvent) => void;
  /** `listener` gets the same events from now on. */
  readonly follow: (listener: (event: SessionEvent) => void) => void;
}

/** Ends the process at a second signal. `closers` take it all down. Rejects with what the file system or the port says. */
export async function openWorkspace(
  show: (event: SessionEvent) => void,
  closers: Closers,
): Promise<Workspace> {
  const folder = await openRunFolder(closers);
  const control = await startControlServer();
  closers.add(() => control.close());
  const listeners = [show, (event: SessionEvent) => control.publish(event)];
  return {
    ...folder,
    control,
    emit: inOrder(systemClock, (event) => {
      for (const listener of listeners) listener(event);
    }),
    follow: (listener) => void listeners.push(listener),
  };
}
