// A recording as a test for vitest: the handler gets the event, and must answer as it did.
import type { ExportedInvocation, ExportOptions } from './export-form.ts';
import { expectedOf, handlerParts, headComments, readableJson, stringLiteral } from './fixture-text.ts';

/** JavaScript that is also TypeScript. */
export function vitestFixture(invocation: ExportedInvocation, event: string, options: ExportOptions): string {
  const { handler = 'index.handler', toRoot = '.' } = options;
  const { module, names } = handlerParts(handler);
  const expected = expectedOf(invocation, options);
  const called = `code${names.map((name) => (identifier.test(name) ? `.${name}` : `[${stringLiteral(name)}]`)).join('')}`;
  return [
    // The recorded event need not have the type that the handler declares.
    '// @ts-nocheck',
    ...headComments(invocation).map((line) => `// ${line}`),
    `import { expect, test } from 'vitest';`,
    `import * as code from ${stringLiteral(`${toRoot}/${module}`)};`,
    '',
    `const event = ${literal(event)};`,
    '',
    'const context = {',
    `  awsRequestId: ${stringLiteral(invocation.id)},`,
    `  functionName: ${stringLiteral(invocation.function)},`,
    `  invokedFunctionArn: ${stringLiteral(invocation.context.arn ?? '')},`,
    '  getRemainingTimeInMillis: () => 3000,',
    '};',
    '',
    `test(${stringLiteral(`${invocation.function}: ${invocation.trigger}`)}, async () => {`,
    ...body(),
    '});',
    '',
  ].join('\n');

  function body(): string[] {
    // In an async function, so that an error that is thrown at once is a rejection as well.
    const run = `const run = async () => ${called}(event, context);`;
    switch (expected.kind) {
      case 'result':
        return [
          `  ${run}`,
          '  const result = await run();',
          // As Lambda sends it.
          `  expect(JSON.parse(JSON.stringify(result ?? null))).toEqual(${literal(expected.json, '  ')});`,
        ];
      case 'error':
        return [
          `  ${run}`,
          `  await expect(run()).rejects.toMatchObject({`,
          `    name: ${stringLiteral(expected.name)},`,
          `    message: ${stringLiteral(expected.message)},`,
          '  });',
        ];
      case 'nothing':
        return [`  // Nothing is expected of the result: ${expected.reason}.`, `  ${run}`, '  await run();'];
    }
  }
}

const identifier = /^[A-Za-z_$][\w$]*$/;

/** JSON is an expression, except for a member `__proto__`. */
function literal(json: string, indent = ''): string {
  const text = readableJson(json);
  if (text.includes('__proto__')) return `JSON.parse(${stringLiteral(json)})`;
  return text.replaceAll('\n', `\n${indent}`);
}
