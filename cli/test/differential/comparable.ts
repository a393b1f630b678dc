// What of an invocation is compared between two runtime clients: no times, no ids, no frames of the clients themselves.

/** The object of `livectl invoke --format json`, as far as it is compared. */
export interface InvokeResult {
  readonly request_id: string;
  readonly ok: boolean;
  readonly payload: unknown;
  readonly invocation: null | {
    readonly logs: readonly { readonly level: string; readonly message: string }[];
  };
}

export interface Comparable {
  readonly answer: { readonly ok: boolean; readonly payload: unknown };
  /** One entry a line, sorted: the order of what two pipes carry is not known. */
  readonly log: readonly string[];
}

/** Lines that AWS's client prints about itself, and that livectl leaves out by design (docs/fidelity.md). */
const ofTheClient =
  /^Executing '|^In(?:voke|it) Error \t|^Uncaught Exception \t|^Unhandled Promise Rejection \t/;

/**
 * Client 4 leaves a failed init phase to Node.js, which prints the error once more; livectl reports it with the answer. Such
 * a block begins with the line of Node.js that ended the process and ends with its version.
 */
function withoutExitTrace<Line extends { readonly message: string }>(
  lines: readonly Line[],
): readonly Line[] {
  const from = lines.findIndex(({ message }) => /^node:internal\/process\/promises:\d+$/.test(message));
  const to = lines.findIndex(({ message }) => /^Node\.js v\d/.test(message));
  return from < 0 || to < from ? lines : [...lines.slice(0, from), ...lines.slice(to + 1)];
}

/** `root` is the folder whose files count; frames in any other file are the clients' and Node.js's. */
export function comparable(result: InvokeResult, root: string): Comparable {
  const clean = (text: string) => withoutFrames(text, root).replaceAll(result.request_id, '<id>');
  const logs = withoutExitTrace(result.invocation?.logs ?? []).filter(
    ({ message }) => !ofTheClient.test(message),
  );
  return {
    answer: { ok: result.ok, payload: mapTexts(result.payload, clean) },
    log: logs.map(({ level, message }) => `${level} ${clean(ofAnyTime(message, clean))}`).sort(),
  };
}

/** Without times and process ids; the texts within a line of JSON are cleaned one by one. */
function ofAnyTime(message: string, clean: (text: string) => string): string {
  const text = message
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>')
    .replaceAll(/\(node:\d+\)/g, '(node)');
  if (!text.startsWith('{"')) return text;
  try {
    return JSON.stringify(mapTexts(JSON.parse(text), clean));
  } catch {
    return text;
  }
}

/** Frames of other files left out; of the others, what they were called on, which is the client's object. */
function withoutFrames(text: string, root: string): string {
  const lines = text.split('\n').flatMap((line) => {
    if (/^\s*\.\.\. \d+ lines matching cause stack trace \.\.\.$/.test(line)) return [];
    if (!/^\s+at /.test(line)) return [line];
    if (!line.includes(root)) return [];
    return [line.replace(/at (?:async )?(?:[\w$]+\.)*([\w$]+) \(/, 'at $1 (').replace(/ \{$/, '')];
  });
  // Node.js opens the fields of an error after its last frame, whose file may be anybody's.
  return lines.join('\n').replace(/\s*\{$/gm, '');
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) {
    return value.map((entry) => mapTexts(entry, change)).filter((entry) => entry !== '');
  }
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, mapTexts(entry, change)]));
}
