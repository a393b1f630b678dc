// Inspector page: copies a recorded invocation as a command, a test or an event file.
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { InvocationSummary } from '../../../cli/src/recordings/recording.ts';
import type { ExportFormat } from '../api/client.ts';
import { useModel } from '../state/page-model.ts';
import { Icon } from '../text/icon.tsx';
import { VisibleText } from '../text/visible-text.tsx';

interface Format {
  readonly as: ExportFormat;
  readonly label: string;
  readonly isFor?: (row: InvocationSummary) => boolean;
}

const formats: readonly Format[] = [
  { as: 'curl', label: 'curl command', isFor: (row) => row.source === 'http' },
  { as: 'invoke', label: 'livectl invoke command' },
  { as: 'vitest', label: 'vitest test' },
  { as: 'pytest', label: 'pytest test' },
  { as: 'event', label: 'Event as JSON' },
];

const doneMs = 2000;

export function CopyAs({ summary }: { summary: InvocationSummary }): VNode {
  const { client } = useModel();
  const [said, setSaid] = useState('');
  const [failure, setFailure] = useState('');
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (said === '') return;
    const timer = setTimeout(() => setSaid(''), doneMs);
    return () => clearTimeout(timer);
  }, [said]);
  useCloseOutside(menu);
  const close = () => {
    if (!menu.current?.open) return;
    menu.current.open = false;
    menu.current.querySelector('summary')?.focus();
  };
  const copy = async ({ as, label }: Format) => {
    close();
    setFailure('');
    try {
      await navigator.clipboard.writeText(await client.export(summary.key, as));
      setSaid(`Copied: ${label}`);
    } catch (error) {
      setFailure(`Could not copy the ${label}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return (
    <>
      <details
        ref={menu}
        class="menu"
        onToggle={() => keepInside(menu.current)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || !menu.current?.open) return;
          event.stopPropagation();
          close();
        }}
      >
        <summary class="button">
          <Icon name={said === '' ? 'copy' : 'check'} />
          <span>{said || 'Copy as'}</span>
          <Icon name="down" />
        </summary>
        <ul class="menu-list">
          {formats
            .filter((format) => format.isFor?.(summary) ?? true)
            .map((format) => (
              <li key={format.as}>
                <button type="button" onClick={() => copy(format)}>
                  {format.label}
                </button>
              </li>
            ))}
        </ul>
      </details>
      <span class="unseen" role="status">
        {said}
      </span>
      <span class={failure === '' ? 'unseen' : 'refusal'} role="alert">
        <VisibleText text={failure} />
      </span>
    </>
  );
}

/** Opens to the other side where the window ends. */
function keepInside(menu: HTMLElement | null): void {
  const list = menu?.querySelector('.menu-list');
  if (!menu || !list) return;
  menu.classList.remove('to-left');
  menu.classList.toggle('to-left', list.getBoundingClientRect().right > document.documentElement.clientWidth);
}

/** Closes a menu when the focus or a click goes elsewhere. */
function useCloseOutside(menu: { readonly current: HTMLDetailsElement | null }): void {
  useEffect(() => {
    const elsewhere = (event: Event) => {
      const { current } = menu;
      if (current?.open && event.target instanceof Node && !current.contains(event.target))
        current.open = false;
    };
    document.addEventListener('pointerdown', elsewhere);
    document.addEventListener('focusin', elsewhere);
    return () => {
      document.removeEventListener('pointerdown', elsewhere);
      document.removeEventListener('focusin', elsewhere);
    };
  }, [menu]);
}
