// What a frame costs the page: processor time of its main thread, which other programs on the machine do not change.
import type { OpenPage } from './browser.ts';

export interface FrameCost {
  /** Processor milliseconds of the main thread for one frame: the median of the stretches. */
  readonly medianCpuMs: number;
  readonly worstCpuMs: number;
  /** Between two frames, by the page's clock: what a user sees, and what a busy machine changes. */
  readonly medianFrameMs: number;
  readonly frames: number;
  /** Frames in which a row of the list was not drawn where one belongs. */
  readonly blank: number;
  /** Most rows that were in the document at once. */
  readonly mostRows: number;
}

const stretches = 20;
const framesOfStretch = 15;

/** Scrolls an element by so many pixels in each frame, and turns round at its ends. */
export async function costOfScrolling(
  { context, page }: OpenPage,
  selector: string,
  pixels: number,
): Promise<FrameCost> {
  const debug = await context.newCDPSession(page);
  // Of the thread: not the time that it waits for its turn.
  await debug.send('Performance.enable', { timeDomain: 'threadTicks' });
  const cpuMs = async () => {
    const { metrics } = (await debug.send('Performance.getMetrics')) as {
      metrics: { name: string; value: number }[];
    };
    return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
  };
  const costs: number[] = [];
  const gaps: number[] = [];
  let blank = 0;
  let mostRows = 0;
  for (let stretch = 0; stretch < stretches; stretch++) {
    const before = await cpuMs();
    const seen = await page.evaluate<{ gaps: number[]; blank: number; mostRows: number }>(
      `(${scrollInPage})(${JSON.stringify(selector)}, ${pixels}, ${framesOfStretch})`,
    );
    costs.push(((await cpuMs()) - before) / framesOfStretch);
    gaps.push(...seen.gaps);
    blank += seen.blank;
    mostRows = Math.max(mostRows, seen.mostRows);
  }
  return {
    medianCpuMs: median(costs),
    worstCpuMs: Math.max(...costs),
    medianFrameMs: median(gaps),
    frames: stretches * framesOfStretch,
    blank,
    mostRows,
  };
}

/** Runs in the page. A frame shows what was drawn for the position before, so it is looked at before the next step. */
const scrollInPage = `async (selector, pixels, frames) => {
  const list = document.querySelector(selector);
  const frame = () => new Promise(requestAnimationFrame);
  const rowAt = (y) => {
    const { left, top, width } = list.getBoundingClientRect();
    return document.elementFromPoint(left + width / 3, top + y)?.closest('[role=row]');
  };
  const seen = { gaps: [], blank: 0, mostRows: 0 };
  let last = await frame();
  for (let n = 0; n < frames; n++) {
    list.__step ??= pixels;
    if (list.scrollTop + list.clientHeight >= list.scrollHeight - 1) list.__step = -pixels;
    if (list.scrollTop <= 0) list.__step = pixels;
    list.scrollTop += list.__step;
    const now = await frame();
    seen.gaps.push(now - last);
    last = now;
    const middle = list.clientHeight / 2;
    if (![60, middle, list.clientHeight - 8].every((y) => rowAt(y))) seen.blank += 1;
    seen.mostRows = Math.max(seen.mostRows, list.querySelectorAll('[role=row]').length);
  }
  return seen;
}`;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
