// What records the invocations of a running `serve`.
import { systemClock } from '../../../protocol/clock.ts';
import { MemoryStore } from '../recordings/memory-store.ts';
import { Recorder } from '../recordings/recorder.ts';
import type { Closers } from '../run/closers.ts';

export function openRecorder(onNotice: (message: string) => void, closers: Closers): Recorder {
  const recorder = new Recorder({ store: new MemoryStore(), clock: systemClock, onNotice });
  closers.add(() => recorder.close());
  return recorder;
}
