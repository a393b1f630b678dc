// Inspector page: shows what needs attention, under the top bar.
import type { VNode } from 'preact';
import type { BuildMessage, ServeSnapshot } from '../api/serve-snapshot.ts';
import { editorLink } from '../detail/stack-frame.ts';
import { useModel } from '../state/page-model.ts';
import { useStore } from '../state/store.ts';
import { visibleText } from '../text/visible.ts';
import { VisibleText } from '../text/visible-text.tsx';
import { useViews } from '../views-model.ts';
import { type Banner, banners } from './banner-model.ts';

export function BannerList(): VNode {
  const model = useModel();
  const { news } = useViews();
  const snapshot = useStore(model.live.snapshot);
  const shown = banners(snapshot, useStore(news));
  // The region is always there, so that screen readers announce what is added to it.
  return (
    <section class="banners" aria-label="Notices" aria-live="polite">
      {shown.map((banner) => (
        <BannerBox key={banner.id} banner={banner} snapshot={snapshot} />
      ))}
    </section>
  );
}

/** Of a source line. */
const mostOfLine = 300;

interface WithSnapshot {
  readonly snapshot: ServeSnapshot | undefined;
}

function BannerBox({ banner, snapshot }: WithSnapshot & { banner: Banner }): VNode {
  const { news } = useViews();
  const { dismiss, mistakes = [], more, text, title, tone } = banner;
  return (
    <div class={`banner ${tone}`}>
      <div class="banner-text">
        <strong>
          <VisibleText text={title} />
        </strong>
        {text ? <VisibleText text={text} /> : null}
        {mistakes.length > 0 ? (
          <ul class="mistakes">
            {mistakes.map((mistake, index) => (
              <Mistake key={index} mistake={mistake} snapshot={snapshot} />
            ))}
            {more ? <li>and {more} more</li> : null}
          </ul>
        ) : null}
      </div>
      {dismiss === undefined ? null : (
        <button type="button" class="button" onClick={() => news.dismiss(dismiss)}>
          Dismiss
        </button>
      )}
    </div>
  );
}

function Mistake({ mistake, snapshot }: WithSnapshot & { mistake: BuildMessage }): VNode {
  const { column, file, line = 1, lineText, text } = mistake;
  const place = file === undefined ? undefined : { file, line, column: (column ?? 0) + 1 };
  const words = place && visibleText(`${place.file}:${place.line}:${place.column}`);
  const link = place && editorLink(snapshot?.editor, place, snapshot?.root ?? '');
  return (
    <li>
      {link === undefined ? (
        words
      ) : (
        <a href={link} title={`Open in ${snapshot?.editor?.name ?? 'the editor'}`}>
          {words}
        </a>
      )}
      {words === undefined ? '' : ': '}
      <VisibleText text={text} />
      {lineText ? (
        <code class="source-line">
          <VisibleText text={lineText.trim().slice(0, mostOfLine)} />
        </code>
      ) : null}
    </li>
  );
}
