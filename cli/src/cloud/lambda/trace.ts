// The Lambda host: X-Ray trace headers, which also count how often one chain of requests has invoked a function.
import { createHash, randomBytes } from 'node:crypto';

/** A new chain's header, e.g. for an HTTP request. */
export function newTrace(now: number): string {
  const root = `1-${Math.floor(now / 1000).toString(16)}-${randomBytes(12).toString('hex')}`;
  return `Root=${root};${segment()}`;
}

/**
 * The header for the next invocation in a chain, and how often the function was invoked in it, including this time. Lambda's
 * recursive loop detection counts in the same header, in an undocumented form.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */
export function nextTrace(
  functionName: string,
  now: number,
  incoming: string | undefined,
): { readonly trace: string; readonly count: number } {
  const key = createHash('sha256').update(functionName).digest('hex').slice(0, 8);
  const counts = lineageOf(incoming);
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  const lineage = [...counts].map(([each, times]) => `${each}:${times}`).join('|');
  const [root = ''] = /Root=[^;]+/.exec(incoming ?? '') ?? /Root=[^;]+/.exec(newTrace(now)) ?? [];
  return { trace: `${root};${segment()};Lineage=${lineage}`, count };
}

/** The longest of a batch's chains. */
export function longestTrace(traces: readonly (string | undefined)[]): string | undefined {
  const steps = (trace: string | undefined) => Math.max(0, ...lineageOf(trace).values());
  return traces.reduce(
    (longest, each) => (steps(each) > steps(longest) ? each : (longest ?? each)),
    undefined,
  );
}

function lineageOf(trace: string | undefined): Map<string, number> {
  const [, lineage = ''] = /Lineage=([^;]+)/.exec(trace ?? '') ?? [];
  return new Map(
    lineage.split('|').flatMap((part): [string, number][] => {
      const [, key = '', count = ''] = /^([0-9a-f]{8}):(\d{1,4})$/.exec(part) ?? [];
      return key === '' ? [] : [[key, Number(count)]];
    }),
  );
}

function segment(): string {
  return `Parent=${randomBytes(8).toString('hex')};Sampled=0`;
}
