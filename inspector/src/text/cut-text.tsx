// Inspector page: a text that may be very long, cut at first; all of it opens in a window of its own.
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { CopyButton } from './copy-button.tsx';
import { Icon } from './icon.tsx';
import { byteSize } from './quantities.ts';
import { TextView } from './text-view.tsx';
import { VisibleText } from './visible-text.tsx';

interface CutTextProps {
  readonly text: string;
  /** Characters that are shown at first. */
  readonly most: number;
  /** Of the window. */
  readonly title: string;
  readonly marked?: string | undefined;
}

export function CutText({ text, most, title, marked }: CutTextProps): VNode {
  const [isOpen, setIsOpen] = useState(false);
  if (text.length <= most) return <VisibleText text={text} marked={marked} />;
  return (
    <>
      <VisibleText text={cutAt(text, most)} marked={marked} />
      <span aria-hidden="true">…</span>{' '}
      <button type="button" class="link" onClick={() => setIsOpen(true)}>
        show all ({byteSize(text.length)})
      </button>
      {isOpen && <TextWindow text={text} title={title} close={() => setIsOpen(false)} />}
    </>
  );
}

export function TextWindow({
  text,
  title,
  close,
}: {
  text: string;
  title: string;
  close: () => void;
}): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="dialog text-window" aria-label={title} onClose={close}>
      <header class="dialog-head">
        <h2>
          <VisibleText text={title.slice(0, 200)} />
        </h2>
        <CopyButton what="text" text={() => text} />
        <button type="button" class="button icon-only" title="Close" onClick={close}>
          <Icon name="close" />
          <span class="unseen">Close</span>
        </button>
      </header>
      <TextView text={text} label={title} />
    </dialog>
  );
}

/** Not between the halves of a surrogate pair. */
function cutAt(text: string, most: number): string {
  const code = text.charCodeAt(most);
  return text.slice(0, code >= 0xdc00 && code <= 0xdfff ? most - 1 : most);
}
