// Inspector page: a component's keys.
import { useEffect, useRef } from 'preact/hooks';
import { useModel } from '../state/page-model.ts';
import type { ShortcutGroup } from './shortcuts.ts';

/** While the component is there. `keys`: as `KeyboardEvent.key` has them, with spaces between. */
export function useShortcut(
  keys: string,
  group: ShortcutGroup,
  label: string,
  run: (event: KeyboardEvent) => unknown,
): void {
  const { shortcuts } = useModel();
  const current = useRef(run);
  current.current = run;
  useEffect(
    () => shortcuts.add({ keys: keys.split(' '), group, label, run: (event) => current.current(event) }),
    [shortcuts, keys, group, label],
  );
}
