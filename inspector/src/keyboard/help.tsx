// Inspector page: the help about its keys.
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useModel } from '../state/page-model.ts';
import { useStore } from '../state/store.ts';
import { Icon } from '../text/icon.tsx';
import type { ShortcutGroup } from './shortcuts.ts';

const groups: readonly ShortcutGroup[] = ['List', 'Invocation', 'Page'];

const names: Record<string, string> = {
  ArrowDown: '↓',
  ArrowUp: '↑',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  PageDown: 'Page Down',
  PageUp: 'Page Up',
  ' ': 'Space',
};

export function Help({ close }: { close: () => void }): VNode {
  const { shortcuts } = useModel();
  const areOn = useStore(shortcuts.areOn);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="dialog help" aria-labelledby="help-title" onClose={close}>
      <header class="dialog-head">
        <h2 id="help-title">Keyboard</h2>
        <button type="button" class="button icon-only" onClick={close} title="Close">
          <Icon name="close" />
          <span class="unseen">Close</span>
        </button>
      </header>
      <div class="help-groups">
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {shortcuts.list
                .filter((shortcut) => shortcut.group === group)
                .map(({ keys, label }) => (
                  <div key={label}>
                    <dt>
                      {keys.map((key) => (
                        <kbd key={key}>{names[key] ?? key}</kbd>
                      ))}
                    </dt>
                    <dd>{label}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <label class="choice">
        <input
          type="checkbox"
          checked={areOn}
          onChange={(event) => shortcuts.turn(event.currentTarget.checked)}
        />
        Use these keys. Escape always works.
      </label>
    </dialog>
  );
}
