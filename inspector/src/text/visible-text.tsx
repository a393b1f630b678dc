// Inspector page: a text from elsewhere, as text: signs for what a browser would obey, right-to-left text kept to itself.
import type { ComponentChildren, VNode } from 'preact';
import { textParts } from './visible.ts';

/** `marked`: stretches that a search found, in lower case; they are marked where they are within plain text. */
export function VisibleText({ text, marked }: { text: string; marked?: string | undefined }): VNode {
  return (
    <bdi class="text">
      {textParts(text).map((part, index) =>
        part.kind === 'sign' ? (
          <span key={index} class="sign" title={part.name}>
            {part.text}
          </span>
        ) : marked ? (
          withMarks(part.text, marked)
        ) : (
          part.text
        ),
      )}
    </bdi>
  );
}

function withMarks(text: string, marked: string): ComponentChildren {
  const folded = text.toLowerCase();
  if (folded.length !== text.length) return text;
  const pieces: ComponentChildren[] = [];
  let from = 0;
  for (let at = folded.indexOf(marked); at >= 0; at = folded.indexOf(marked, from)) {
    pieces.push(text.slice(from, at));
    from = at + marked.length;
    pieces.push(<mark key={at}>{text.slice(at, from)}</mark>);
  }
  return from === 0 ? text : [...pieces, text.slice(from)];
}
