// Inspector page: what the replaying, comparing and charting parts know together.

import { NewsStore } from './news/serve-news.ts';
import { ServeReplays } from './replay/serve-replays.ts';
import { type PageModel, useModel } from './state/page-model.ts';
import { Store } from './state/store.ts';

export class ViewsModel {
  readonly news: NewsStore;
  readonly replays: ServeReplays;
  /** The invocation that others are compared with; undefined: what it was replayed from, or the one before it. */
  readonly baseline = new Store<string | undefined>(undefined);

  constructor(model: PageModel) {
    this.news = new NewsStore(model);
    this.replays = new ServeReplays(model);
  }
}

const models = new WeakMap<PageModel, ViewsModel>();

export function useViews(): ViewsModel {
  const model = useModel();
  let views = models.get(model);
  if (views === undefined) {
    views = new ViewsModel(model);
    models.set(model, views);
  }
  return views;
}
