// Checks Python sources before anything runs: for syntax errors, and for a handler that its module does not define.
import { spawn } from 'node:child_process';
import { join, relative } from 'node:path';
import * as v from 'valibot';
import { parseJsonAs } from '../../../protocol/json.ts';
import { didYouMean } from '../manifest/did-you-mean.ts';
import { kindOf } from '../manifest/path-kind.ts';
import type { BuildMessage } from './build-event.ts';

/** A check takes about 20 ms. One that takes longer than this is given up, and the run shows the errors. Milliseconds. */
const boundMs = 5000;

/**
 * Reads paths as JSON from stdin. For each, writes a syntax error, or the names that the module may define; names of attributes
 * begin with a dot, since a module can set its own. Writes null if only running can tell: names imported by `*`, or set by
 * other means.
 */
const program = `
import ast, json, sys

def names_of(tree):
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return None
        if isinstance(node, ast.Name) and node.id in ("globals", "vars", "setattr", "exec", "eval", "__import__", "locals"):
            return None
        if isinstance(node, ast.Attribute) and node.attr in ("modules", "__dict__"):
            return None
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif type(node).__name__ in ("MatchAs", "MatchStar") and node.name:
            names.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add("." + node.attr)
    return None if "__getattr__" in names else sorted(names)

results = []
for path in json.load(sys.stdin):
    try:
        with open(path, "rb") as file:
            results.append({"names": names_of(ast.parse(file.read(), path))})
    except SyntaxError as error:
        results.append({"error": {"text": error.msg, "line": error.lineno, "column": error.offset, "source": error.text}})
    except Exception:
        results.append({"names": None})
json.dump(results, sys.stdout)
`;

const resultSchema = v.array(
  v.object({
    names: v.nullish(v.array(v.string())),
    error: v.nullish(
      v.object({
        text: v.string(),
        line: v.nullish(v.number()),
        column: v.nullish(v.number()),
        source: v.nullish(v.string()),
      }),
    ),
  }),
);

/** The file of a handler's module, absolute; undefined if it is not in the task root, e.g. in an installed package. */
function pythonModuleFile(handler: string, taskRoot: string): string | undefined {
  const dot = handler.lastIndexOf('.');
  const place = join(taskRoot, ...handler.slice(0, Math.max(0, dot)).split(/[./]/));
  // As in Python, a package takes precedence over a module of the same name.
  return [join(place, '__init__.py'), `${place}.py`].find((file) => kindOf(file) === 'file');
}

interface PythonSources {
  /** Absolute. */
  readonly interpreter: string;
  readonly taskRoot: string;
  readonly handler: string;
  /** The changed files, absolute. */
  readonly files: readonly string[];
}

/** The errors by file, in these sources and in the handler's module. Never rejects: what cannot be checked shows when run. */
export async function checkPython(sources: PythonSources): Promise<ReadonlyMap<string, BuildMessage>> {
  const { files, handler, interpreter, taskRoot } = sources;
  const module = pythonModuleFile(handler, taskRoot);
  const paths = [...new Set([...(module === undefined ? [] : [module]), ...files])];
  const mistakes = new Map<string, BuildMessage>();
  if (paths.length === 0) return mistakes;
  const results = await run(interpreter, JSON.stringify(paths));
  for (const [index, path] of paths.entries()) {
    const { error, names } = results[index] ?? {};
    const file = relative(taskRoot, path);
    if (error) {
      const { column, line, source, text } = error;
      mistakes.set(path, {
        text: `SyntaxError: ${text}`,
        file,
        ...(line ? { line, column: Math.max(0, (column ?? 1) - 1), lineText: source?.trimEnd() ?? '' } : {}),
      });
    } else if (path === module && names) {
      const wanted = handler.slice(handler.lastIndexOf('.') + 1);
      if (names.includes(wanted) || names.includes(`.${wanted}`)) continue;
      const text = `there is no function ${JSON.stringify(wanted)}, which the handler ${handler} names${didYouMean(wanted, names)}`;
      mistakes.set(path, { text, file });
    }
  }
  return mistakes;
}

async function run(interpreter: string, input: string): Promise<v.InferOutput<typeof resultSchema>> {
  const output = await new Promise<string>((resolve) => {
    // Isolated: imports nothing of the project, and ignores Python's environment variables.
    const child = spawn(interpreter, ['-I', '-S', '-X', 'utf8', '-c', program], {
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), boundMs);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    child.on('error', () => resolve(''));
    child.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
  return parseJsonAs(resultSchema, output) ?? [];
}
