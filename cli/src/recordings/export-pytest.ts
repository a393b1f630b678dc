// A recording as a test for pytest: the handler gets the event, and must answer as it did.
import type { ExportedInvocation, ExportOptions } from './export-form.ts';
import { expectedOf, handlerParts, headComments, readableJson, stringLiteral } from './fixture-text.ts';

export function pytestFixture(invocation: ExportedInvocation, event: string, options: ExportOptions): string {
  const { handler = 'lambda_function.lambda_handler' } = options;
  const { module, names } = handlerParts(handler);
  const expected = expectedOf(invocation, options);
  const title = `test_${invocation.function}_${invocation.key}`.replace(/\W/g, '_');
  return [
    ...headComments(invocation).map((line) => `# ${line}`),
    '# Run it in the root folder: python -m pytest FILE',
    'import importlib',
    'import json',
    'from types import SimpleNamespace',
    '',
    ...(expected.kind === 'error' ? ['import pytest', ''] : []),
    `EVENT = ${value(event)}`,
    '',
    ...(expected.kind === 'result' ? [`RESULT = ${value(expected.json)}`, ''] : []),
    'CONTEXT = SimpleNamespace(',
    `    aws_request_id=${stringLiteral(invocation.id)},`,
    `    function_name=${stringLiteral(invocation.function)},`,
    `    invoked_function_arn=${stringLiteral(invocation.context.arn ?? '')},`,
    '    get_remaining_time_in_millis=lambda: 3000,',
    ')',
    '',
    '',
    'def handler():',
    `    found = importlib.import_module(${stringLiteral(module.replaceAll('/', '.'))})`,
    `    for name in [${names.map(stringLiteral).join(', ')}]:`,
    '        found = getattr(found, name)',
    '    return found',
    '',
    '',
    `def ${title}():`,
    ...body(),
    '',
  ].join('\n');

  function body(): string[] {
    switch (expected.kind) {
      case 'result':
        return [
          '    result = handler()(EVENT, CONTEXT)',
          // As Lambda sends it.
          '    assert json.loads(json.dumps(result)) == RESULT',
        ];
      case 'error':
        return [
          '    with pytest.raises(Exception) as raised:',
          '        handler()(EVENT, CONTEXT)',
          `    assert type(raised.value).__name__ == ${stringLiteral(expected.name)}`,
          `    assert str(raised.value) == ${stringLiteral(expected.message)}`,
        ];
      case 'nothing':
        return [
          `    # Nothing is expected of the result: ${expected.reason}.`,
          '    handler()(EVENT, CONTEXT)',
        ];
    }
  }
}

/** A raw string holds any JSON text as it is: three quotes never follow each other in one. */
function value(json: string): string {
  return `json.loads(\n    r"""\n${readableJson(json)}\n"""\n)`;
}
