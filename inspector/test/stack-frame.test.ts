import { describe, expect, it } from 'vitest';
import { editorLink, stackLines } from '../src/detail/stack-frame.ts';

const root = '/home/tom/shop';

describe('a stack', () => {
  it('of Node.js has places, relative to the project where they are in it', () => {
    const stack = [
      'TypeError: x is not a function at y:1:2',
      '    at Object.handler (file:///home/tom/shop/src/or%20ders.ts:12:5)',
      '    at async /home/tom/shop/src/b.ts:3:9',
      '    at load (/home/tom/shop/node_modules/a/index.js:1:1)',
      '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
      '    at new Promise (<anonymous>)',
    ];
    const lines = stackLines(stack, root);
    expect(lines.map(({ before, shown, after }) => `${before}[${shown}]${after}`)).toEqual([
      'TypeError: x is not a function at y:1:2[]',
      '    at Object.handler ([src/or ders.ts:12:5])',
      '    at async [src/b.ts:3:9]',
      '    at load ([node_modules/a/index.js:1:1])',
      '    at process.processTicksAndRejections ([node:internal/process/task_queues:105:5])',
      '    at new Promise (<anonymous>)[]',
    ]);
    expect(lines.map(({ isForeign }) => isForeign)).toEqual([false, false, false, true, true, true]);
    expect(lines.map(({ place }) => place?.file)).toEqual([
      undefined,
      '/home/tom/shop/src/or ders.ts',
      '/home/tom/shop/src/b.ts',
      '/home/tom/shop/node_modules/a/index.js',
      undefined,
      undefined,
    ]);
  });

  it('of Python has places, and entries of several lines', () => {
    const stack = ['  File "/home/tom/shop/src/pay.py", line 7, in handler\n    raise ValueError("no")\n'];
    expect(stackLines(stack, root)).toMatchObject([
      { before: '  ', shown: 'src/pay.py:7', after: ', in handler', place: { line: 7 } },
      { before: '    raise ValueError("no")', shown: '' },
    ]);
  });
});

describe('a link to the editor', () => {
  const link = (url: string, file: string, column?: number) =>
    editorLink({ name: 'x', url }, { file, line: 4, ...(column ? { column } : {}) }, root);

  it('has the file resolved to the project', () => {
    const code = 'vscode://file/{file}:{line}:{column}';
    expect(link(code, 'src/a b#c.ts', 9)).toBe('vscode://file/home/tom/shop/src/a%20b%23c.ts:4:9');
    expect(link(code, '/elsewhere/x.py')).toBe('vscode://file/elsewhere/x.py:4:1');
    expect(link('idea://open?file={file}&line={line}', 'a.ts')).toBe(
      'idea://open?file=/home/tom/shop/a.ts&line=4',
    );
    expect(link('subl://open?url=file://{file}&line={line}', 'a.ts')).toBe(
      'subl://open?url=file:///home/tom/shop/a.ts&line=4',
    );
    expect(link('my-editor:{file}', 'a&b.ts')).toBe('my-editor:/home/tom/shop/a%26b.ts');
    expect(editorLink({ name: 'x', url: code }, { file: 'C:\\shop\\a.ts', line: 1 }, root)).toBe(
      'vscode://file/C:/shop/a.ts:1:1',
    );
  });

  it.each([
    'javascript:alert(1)//{file}',
    'https://example.com/{file}',
    'data:text/html,{file}',
    '{file}',
    'JavaScript:x',
  ])('is not made of %s', (url) => {
    expect(link(url, 'a.ts')).toBeUndefined();
  });
});
