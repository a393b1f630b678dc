// Inspector page: a body as what it is: JSON, text or bytes.
import type { ComponentChildren, VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { JsonView } from '../json/json-view.tsx';
import { useJsonDocument } from '../json/use-json-document.ts';
import { CopyButton } from '../text/copy-button.tsx';
import { Icon } from '../text/icon.tsx';
import { byteSize } from '../text/quantities.ts';
import { hexLines } from '../text/text-lines.ts';
import { TextView } from '../text/text-view.tsx';

interface BodyViewProps {
  /** `event`, `result`, `body`. */
  readonly name: string;
  readonly body: { readonly bytes: Uint8Array; readonly contentType: string; readonly isCut?: boolean };
  /** JSON pointers of masked values. */
  readonly masked?: readonly string[] | undefined;
  /** Where the bytes can be downloaded. */
  readonly download?: string | undefined;
  readonly tools?: ComponentChildren;
}

/** So much of a body that is not text is shown. */
const mostHexBytes = 64 * 1024;

export function BodyView({ name, body, masked, download, tools }: BodyViewProps): VNode {
  const text = useMemo(() => decoded(body.bytes), [body.bytes]);
  const bar = (
    <>
      <span class="spacer" />
      <span class="quiet body-size">
        {byteSize(body.bytes.length)}
        {body.isCut && <span title="Only the start of it was recorded"> (cut)</span>}
      </span>
      {text !== undefined && <CopyButton what={name} text={() => text} />}
      {download && (
        <a class="button icon-only" href={download} download title={`Download ${name}`}>
          <Icon name="download" />
          <span class="unseen">Download {name}</span>
        </a>
      )}
    </>
  );
  if (body.bytes.length === 0) return <p class="pane-note">Empty.</p>;
  if (text === undefined) {
    const shown = body.bytes.subarray(0, mostHexBytes);
    return (
      <Framed tools={tools} note="Not text; shown as bytes.">
        <TextView text={hexLines(shown)} label={name} tools={bar} />
      </Framed>
    );
  }
  return looksLikeJson(text, body.contentType) ? (
    <JsonOrText name={name} text={text} isCut={body.isCut ?? false} masked={masked} bar={bar} tools={tools} />
  ) : (
    <Framed tools={tools}>
      <TextView text={text} label={name} tools={bar} />
    </Framed>
  );
}

interface JsonOrTextProps {
  readonly name: string;
  readonly text: string;
  readonly isCut: boolean;
  readonly masked: readonly string[] | undefined;
  readonly bar: ComponentChildren;
  readonly tools: ComponentChildren;
}

function JsonOrText({ name, text, isCut, masked, bar, tools }: JsonOrTextProps): VNode {
  const { document, problem, progress } = useJsonDocument(text, isCut);
  if (problem !== undefined)
    return (
      <Framed tools={tools}>
        <TextView text={text} label={name} tools={bar} />
      </Framed>
    );
  if (!document)
    return (
      <p class="pane-note" role="status">
        Reading… {Math.round(progress * 100)} %
      </p>
    );
  return (
    <Framed tools={tools}>
      <JsonView document={document} label={name} masked={masked} tools={bar} />
    </Framed>
  );
}

function Framed({
  tools,
  note,
  children,
}: {
  tools: ComponentChildren;
  note?: string;
  children: ComponentChildren;
}): VNode {
  return (
    <div class="body-view">
      {(tools || note) && (
        <div class="body-tools">
          {tools}
          {note && <span class="quiet">{note}</span>}
        </div>
      )}
      {children}
    </div>
  );
}

/** Undefined if it is not UTF-8, or has NUL bytes. */
function decoded(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

function looksLikeJson(text: string, contentType: string): boolean {
  if (contentType.includes('json')) return true;
  // The first character that is not a space.
  const first = /[^ \t\r\n]/.exec(text.slice(0, 1000))?.[0];
  return first === '{' || first === '[' || (first === '"' && contentType === '');
}
