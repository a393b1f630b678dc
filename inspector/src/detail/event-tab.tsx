// Inspector page: the event of an invocation, an HTTP event as the request that it was.
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { InvocationDetail } from '../../../cli/src/recordings/recording.ts';
import { BodyView } from './body-view.tsx';
import { Choices } from './choices.tsx';
import { httpRequest } from './http-message.ts';
import { HttpRequestView } from './http-view.tsx';
import { useBody } from './use-body.ts';

/** Stays as it was chosen for the next invocation. */
let preferred: 'http' | 'raw' = 'http';

export function EventTab({ detail }: { detail: InvocationDetail }): VNode {
  const { body, problem } = useBody(detail.key, 'event', undefined);
  const [chosen, setChosen] = useState(preferred);
  const request = useMemo(
    () => (body && detail.source === 'http' ? httpRequest(parsed(body.bytes)) : undefined),
    [body, detail.source],
  );
  if (!body) return <p class="pane-note">{problem ?? 'Loading…'}</p>;
  const choose = (value: 'http' | 'raw') => {
    preferred = value;
    setChosen(value);
  };
  const choices = request && (
    <Choices
      label="Show as"
      options={[
        ['http', 'Request'],
        ['raw', 'Event'],
      ]}
      value={chosen}
      choose={choose}
    />
  );
  return request && chosen === 'http' ? (
    <HttpRequestView request={request} masked={detail.masked_paths ?? []} choices={choices} />
  ) : (
    <BodyView
      name="event"
      body={body}
      masked={detail.masked_paths}
      download={bodyUrl(detail.key, 'event')}
      tools={choices}
    />
  );
}

export function bodyUrl(key: string, part: 'event' | 'result'): string {
  return `/api/v1/invocations/${encodeURIComponent(key)}/${part}`;
}

/** Undefined if it is not JSON. */
export function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
