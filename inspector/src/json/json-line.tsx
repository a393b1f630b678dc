// Inspector page: one value of a JSON text on its line.
import type { VNode } from 'preact';
import { byteSize, plural } from '../text/quantities.ts';
import { VisibleText } from '../text/visible-text.tsx';
import type { JsonDocument } from './json-document.ts';
import type { JsonTree, TreeLine } from './json-tree.ts';

/** Longer values are cut. */
const mostCharacters = 400;
const mostIndent = 40;

interface JsonLineProps {
  readonly id: string;
  readonly tree: JsonTree;
  readonly line: TreeLine;
  readonly isCursor: boolean;
  readonly isMasked: boolean;
  readonly marked: string;
  readonly toggle: () => void;
  readonly select: () => void;
  readonly showAll: () => void;
}

export function JsonLine(props: JsonLineProps): VNode {
  const { id, tree, line, isCursor, isMasked, marked, toggle, select, showAll } = props;
  const document = tree.document(line.document);
  const canExpand = tree.canExpand(line);
  const isExpanded = tree.isExpanded(line);
  const kind = document.kind(line.value);
  const written = document.end(line.value) - document.start(line.value);
  const isCut = (kind === 'string' || kind === 'number') && written > mostCharacters;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys.
    <div
      id={id}
      class={isCursor ? 'json-line is-current' : 'json-line'}
      role="treeitem"
      aria-level={line.depth + 1}
      aria-selected={isCursor}
      aria-expanded={canExpand ? isExpanded : undefined}
      style={{ paddingInlineStart: `${6 + Math.min(line.depth, mostIndent) * 14}px` }}
      onClick={canExpand ? toggle : select}
    >
      <span
        class={canExpand ? (isExpanded ? 'twist is-open' : 'twist') : 'twist is-none'}
        aria-hidden="true"
      />
      <Key document={document} value={line.value} place={line.place} marked={marked} />
      {kind === 'string' && canExpand && (
        <span class="badge json-badge" title="A text that is JSON itself">
          JSON
        </span>
      )}
      <span class={`json-${kind}`}>
        <Value document={document} value={line.value} isExpanded={isExpanded} marked={marked} />
      </span>
      {isCut && (
        <button
          type="button"
          class="link json-more"
          tabIndex={-1}
          onClick={(event) => {
            event.stopPropagation();
            showAll();
          }}
        >
          show all ({byteSize(written)})
        </button>
      )}
      {isMasked && (
        <span class="badge warn" title="Looked like a secret; the recording does not have it">
          masked
        </span>
      )}
    </div>
  );
}

interface ValueProps {
  readonly document: JsonDocument;
  readonly value: number;
  readonly marked: string;
}

function Key({ document, value, place, marked }: ValueProps & { place: number }): VNode | null {
  const key = document.key(value);
  if (key !== undefined)
    return (
      <span class="json-key">
        <VisibleText text={key.slice(1, -1).slice(0, mostCharacters)} marked={marked} />
        <span class="json-colon">: </span>
      </span>
    );
  const parent = document.parent(value);
  if (parent === undefined) return null;
  return (
    <span class="json-index">
      {place}
      <span class="json-colon">: </span>
    </span>
  );
}

function Value({ document, value, isExpanded, marked }: ValueProps & { isExpanded: boolean }): VNode {
  const { text, start, end, kind, count } = document;
  const written = text.slice(start(value), Math.min(end(value), start(value) + mostCharacters));
  const type = kind(value);
  if (type !== 'object' && type !== 'array') {
    const isCut = end(value) - start(value) > mostCharacters;
    return <VisibleText text={isCut ? `${written}…` : written} marked={marked} />;
  }
  const number = count(value);
  const [open, close] = type === 'object' ? ['{', '}'] : ['[', ']'];
  if (number === 0) return <span class="json-bracket">{`${open}${close}`}</span>;
  const what = type === 'object' ? plural(number, 'key') : plural(number, 'item');
  if (isExpanded) return <span class="json-count">{what}</span>;
  return (
    <>
      <span class="json-count">{what}</span>{' '}
      <span class="json-bracket">
        <VisibleText text={previewOf(written)} marked={marked} />
      </span>
    </>
  );
}

/** On one line, without the spaces that only lay it out. */
function previewOf(written: string): string {
  const preview = written.replace(/[ \t\r\n]+/g, ' ');
  return preview.length > 80 ? `${preview.slice(0, 80)}…` : preview;
}
