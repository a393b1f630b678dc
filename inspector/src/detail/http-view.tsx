// Inspector page: an HTTP request or response: its line, tables and body.
import type { ComponentChildren, VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { CutText } from '../text/cut-text.tsx';
import { VisibleText } from '../text/visible-text.tsx';
import { BodyView } from './body-view.tsx';
import { formPairs, type HttpBody, type HttpRequest, type HttpResponse, type Pair } from './http-message.ts';

interface RequestViewProps {
  readonly request: HttpRequest;
  /** JSON pointers of masked values of the event. */
  readonly masked: readonly string[];
  readonly choices: ComponentChildren;
}

export function HttpRequestView({ request, masked, choices }: RequestViewProps): VNode {
  const inBody = useMemo(
    () => masked.filter((pointer) => pointer.startsWith('/body/')).map((pointer) => pointer.slice(5)),
    [masked],
  );
  return (
    <div class="http">
      <div class="body-tools">
        {choices}
        <span class="quiet">
          {request.kind}
          {request.sourceIp && ` from ${request.sourceIp}`}
        </span>
      </div>
      <p class="http-line">
        <strong>
          <VisibleText text={request.method.slice(0, 50)} />
        </strong>{' '}
        <code>
          <CutText text={request.path} most={2000} title="Path" />
        </code>
      </p>
      <Pairs title="Query" pairs={request.query} isOpen />
      <Pairs title="Path parameters" pairs={request.pathParameters} isOpen />
      <Body body={request.body} masked={inBody} />
      <Pairs title="Cookies" pairs={request.cookies} isOpen />
      <Pairs title="Headers" pairs={request.headers} isOpen />
    </div>
  );
}

export function HttpResponseView({
  response,
  choices,
}: {
  response: HttpResponse;
  choices: ComponentChildren;
}): VNode {
  return (
    <div class="http">
      <div class="body-tools">{choices}</div>
      <p class="http-line">
        <strong>{response.status}</strong> {reasons[response.status] ?? ''}
      </p>
      <Body body={response.body} />
      <Pairs title="Headers" pairs={response.headers} isOpen />
      <Pairs
        title="Set-Cookie"
        pairs={response.cookies.map((cookie): Pair => {
          const equals = cookie.indexOf('=');
          return equals < 0 ? [cookie, ''] : [cookie.slice(0, equals), cookie.slice(equals + 1)];
        })}
        isOpen
      />
    </div>
  );
}

function Body({ body, masked }: { body: HttpBody | undefined; masked?: readonly string[] }): VNode | null {
  if (!body) return null;
  const form =
    body.bytes.length < 1_000_000 && formPairs(new TextDecoder().decode(body.bytes), body.contentType);
  if (form) return <Pairs title="Form" pairs={form} isOpen />;
  return (
    <section class="http-body">
      <h3>
        Body{' '}
        {body.contentType && (
          <span class="quiet">
            <VisibleText text={body.contentType.slice(0, 100)} />
          </span>
        )}
      </h3>
      <BodyView name="body" body={body} masked={masked} />
    </section>
  );
}

/** What recordings have in place of what looks like a secret. */
const mask = '[masked]';

interface PairsProps {
  readonly title: string;
  readonly pairs: readonly Pair[];
  readonly isOpen?: boolean;
}

function Pairs({ title, pairs, isOpen }: PairsProps): VNode | null {
  if (pairs.length === 0) return null;
  return (
    <details class="pairs" open={isOpen}>
      <summary>
        {title} <span class="quiet">{pairs.length}</span>
      </summary>
      <table>
        <tbody>
          {pairs.slice(0, 500).map(([name, value], index) => (
            <tr key={index}>
              <th scope="row">
                <VisibleText text={name.slice(0, 300)} />
              </th>
              <td>
                <CutText text={value} most={1000} title={name} />
                {value.includes(mask) && (
                  <span class="badge warn" title="Looked like a secret; the recording does not have it">
                    masked
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {pairs.length > 500 && <p class="quiet">{pairs.length - 500} more are in the event.</p>}
    </details>
  );
}

const reasons: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};
