// Serves a Python function with the project's interpreter; all files in its folder count.
import { kindOf } from '../manifest/path-kind.ts';
import type { BuildTarget } from './build-event.ts';
import type { Compilation, Compiler } from './contract.ts';
import type { PythonFinder, PythonQuestion } from './find-python.ts';
import { FolderCompiler } from './folder-compiler.ts';
import { checkPython } from './python-check.ts';

export class PythonCompiler implements Compiler {
  readonly #target: BuildTarget;
  readonly #question: PythonQuestion;
  readonly #finder: PythonFinder;
  readonly #folder: FolderCompiler;
  readonly #onNotice: (message: string) => void;
  /** Sources with errors, which are checked again with each build. */
  #broken: readonly string[] = [];

  constructor(
    target: BuildTarget,
    question: PythonQuestion,
    finder: PythonFinder,
    onNotice: (message: string) => void,
  ) {
    this.#target = target;
    this.#question = question;
    this.#finder = finder;
    this.#folder = new FolderCompiler(target, onNotice);
    this.#onNotice = onNotice;
  }

  async compile(changed: readonly string[] = []): Promise<Compilation> {
    // Searched for each build: an environment may have been created in the meantime.
    const search = await this.#finder.find(this.#question);
    const folder = await this.#folder.compile();
    if ('problem' in search) {
      const inputs = new Set([...folder.inputs, ...search.places]);
      return { ok: false, inputs, errors: [{ text: search.problem }] };
    }
    if (search.notice !== undefined) this.#onNotice(search.notice);
    const { interpreter, version } = search.python;
    const deployed = this.#target.runtime.slice('python'.length);
    if (!version.startsWith(`${deployed}.`)) {
      this.#onNotice(`functions deployed on Python ${deployed} run here on ${version} (${interpreter})`);
    }
    const files = [...this.#broken, ...changed].filter(
      (file) => file.endsWith('.py') && kindOf(file) === 'file',
    );
    const { handler, taskRoot } = this.#target;
    const mistakes = await checkPython({ interpreter, taskRoot, handler, files });
    this.#broken = [...mistakes.keys()];
    if (mistakes.size > 0) {
      const inputs = new Set([...folder.inputs, ...search.places, ...mistakes.keys()]);
      return { ok: false, inputs, errors: [...mistakes.values()] };
    }
    const publish = async () => ({ kind: 'python', interpreter }) as const;
    const inputs = new Set(search.places);
    return { ok: true, inputs, guesses: folder.inputs, fingerprint: undefined, publish };
  }

  ownWrites(changed: readonly string[]): readonly string[] {
    return this.#folder.ownWrites(changed);
  }

  async dispose(): Promise<void> {}
}
