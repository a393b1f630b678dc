// Inspector page: starts it.
import { render } from 'preact';
import { App } from './app.tsx';
import { ModelContext, PageModel } from './state/page-model.ts';

const model = new PageModel();
const place = document.getElementById('app');
if (place) {
  render(
    <ModelContext.Provider value={model}>
      <App />
    </ModelContext.Provider>,
    place,
  );
  model.start();
}
