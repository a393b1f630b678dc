// Inspector page: the answer of an invocation: its error with the stack, an HTTP response as such, or the body as it is.
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { InvocationDetail } from '../../../cli/src/recordings/recording.ts';
import { BodyView } from './body-view.tsx';
import { Choices } from './choices.tsx';
import { ErrorView } from './error-view.tsx';
import { bodyUrl, parsed } from './event-tab.tsx';
import { httpResponse } from './http-message.ts';
import { HttpResponseView } from './http-view.tsx';
import { useBody } from './use-body.ts';

let preferred: 'http' | 'raw' = 'http';

export function ResultTab({ detail }: { detail: InvocationDetail }): VNode {
  if (detail.status === 'running') return <p class="pane-note">It is running. The answer appears here.</p>;
  return (
    <>
      {detail.error && <ErrorView error={detail.error} />}
      {detail.result_bytes === 0 ? (
        !detail.error && <p class="pane-note">The answer is empty.</p>
      ) : (
        <Answer detail={detail} />
      )}
    </>
  );
}

function Answer({ detail }: { detail: InvocationDetail }): VNode {
  const { body, problem } = useBody(detail.key, 'result', detail.status);
  const [chosen, setChosen] = useState(preferred);
  const response = useMemo(
    () => (body && detail.source === 'http' && !detail.error ? httpResponse(parsed(body.bytes)) : undefined),
    [body, detail.source, detail.error],
  );
  if (!body) return <p class="pane-note">{problem ?? 'Loading…'}</p>;
  const choose = (value: 'http' | 'raw') => {
    preferred = value;
    setChosen(value);
  };
  const choices = response && (
    <Choices
      label="Show as"
      options={[
        ['http', 'Response'],
        ['raw', 'Result'],
      ]}
      value={chosen}
      choose={choose}
    />
  );
  return response && chosen === 'http' ? (
    <HttpResponseView response={response} choices={choices} />
  ) : (
    <BodyView name="result" body={body} download={bodyUrl(detail.key, 'result')} tools={choices} />
  );
}
