// Inspector page: its icons, drawn on a grid of 16; decoration only, so a label is beside each.
import type { VNode } from 'preact';

const paths = {
  back: 'M10 3 5 8l5 5',
  check: 'm3 8.5 3.5 3.5L13 4.5',
  close: 'm4 4 8 8m0-8-8 8',
  copy: 'M5.5 5.5v-3h8v8h-3m-8-5h8v8h-8z',
  down: 'm4 6 4 4 4-4',
  download: 'M8 2.5v7m-3-3 3 3 3-3m-8 6h10',
  open: 'M9 3h4v4m0-4L7.5 8.5M11 9.5V13H3V5h3.5',
  pause: 'M5.5 3v10m5-10v10',
  play: 'M5 3v10l8-5z',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9m3.3 7.8 3.2 3.2',
  up: 'm4 10 4-4 4 4',
  warning: 'M8 2.5 14.5 13.5h-13zM8 6.5v3.5m0 1.4v.6',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }): VNode {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
