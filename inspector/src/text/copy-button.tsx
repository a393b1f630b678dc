// Inspector page: copies a text, and says so.
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

interface CopyButtonProps {
  /** Made when it is pressed: it may be long, or must be fetched. */
  readonly text: () => string | Promise<string>;
  /** What is copied: `request id`. */
  readonly what: string;
  /** Shown instead of an icon alone. */
  readonly children?: ComponentChildren;
}

export function CopyButton({ text, what, children }: CopyButtonProps): VNode {
  const [done, setDone] = useState<'copied' | 'failed' | undefined>();
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(undefined), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(await text());
      setDone('copied');
    } catch {
      setDone('failed');
    }
  };
  const label = done === 'copied' ? 'Copied' : done === 'failed' ? 'Could not copy' : `Copy ${what}`;
  return (
    <button type="button" class={children ? 'button' : 'button icon-only'} onClick={copy} title={label}>
      <Icon name={done === 'copied' ? 'check' : 'copy'} />
      {children ? <span>{done ? label : children}</span> : <span class="unseen">{label}</span>}
      <span class="unseen" role="status">
        {done ? label : ''}
      </span>
    </button>
  );
}
