// Inspector page: what to do while livectl does not answer.
import type { VNode } from 'preact';
import { useModel } from './state/page-model.ts';
import { useStore } from './state/store.ts';
import { Icon } from './text/icon.tsx';
import { VisibleText } from './text/visible-text.tsx';

export function ConnectionNotice(): VNode | null {
  const model = useModel();
  const connection = useStore(model.live.connection);
  if (connection.state === 'lost')
    return (
      <div class="notice warn" role="alert">
        <Icon name="warning" />
        {connection.message === undefined ? (
          <p>livectl does not answer. The page reconnects as soon as serve runs again.</p>
        ) : (
          <p>
            The page gets no news: <VisibleText text={connection.message} />
          </p>
        )}
        <button type="button" class="button" onClick={() => model.live.retryNow()}>
          Try now
        </button>
      </div>
    );
  if (connection.state === 'refused')
    return (
      <div class="notice bad" role="alert">
        <Icon name="warning" />
        <p>
          This browser has no access, or no longer. Press <kbd>o</kbd> in the terminal where{' '}
          <code>livectl serve</code> runs to get a new link. This page continues once the link is open.
        </p>
      </div>
    );
  return null;
}
