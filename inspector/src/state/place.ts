// Inspector page: where the user is, as the address bar's hash has it, so that a reload and the back button keep it. It has no secret.
import { sourceKinds } from '../../../cli/src/session/source-kinds.ts';
import { type Filter, statuses } from './filter.ts';

export interface Place {
  /** `list`, or another view of slots.tsx. */
  readonly view: string;
  /** The selected invocation. */
  readonly key?: string;
  /** The tab of its detail. */
  readonly tab?: string;
  readonly filter: Filter;
}

/** Anything that it does not understand is left out. */
export function parseHash(hash: string): Place {
  const parameters = new URLSearchParams(hash.startsWith('#') ? hash.slice(1) : hash);
  const text = (name: string) => parameters.get(name)?.slice(0, 500) || undefined;
  const minutes = Number(parameters.get('last'));
  const filter = {
    function: text('function'),
    status: statuses.find((status) => status === parameters.get('status')),
    source: sourceKinds.find((source) => source === parameters.get('source')),
    text: text('text'),
    last: Number.isInteger(minutes) && minutes > 0 && minutes < 1e6 ? minutes : undefined,
    since: time(parameters.get('since')),
    until: time(parameters.get('until')),
  };
  return {
    view: text('view') ?? 'list',
    ...defined({ key: text('key'), tab: text('tab') }),
    filter: defined(filter),
  };
}

export function formatHash({ view, key, tab, filter }: Place): string {
  const values = { view: view === 'list' ? undefined : view, ...filter, key, tab };
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return given.length === 0
    ? ''
    : `#${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

function time(text: string | null): string | undefined {
  return text !== null && !Number.isNaN(Date.parse(text)) ? text : undefined;
}

type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

/** Without the fields that are undefined. */
export function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
