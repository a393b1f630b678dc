// The layers that `init` takes over from Terraform: the function's own, by the ARNs that livectl can fetch.
import { expect, it } from 'vitest';
import { entryOf } from '../../src/init/manifest-text.ts';
import { terraformFunctions } from '../../src/init/terraform-functions.ts';
import { terraformResources } from '../../src/init/terraform-json.ts';

const own = 'arn:aws:lambda:eu-west-1:123456789012:layer:shared-wrapper:3';
const wrapper = 'arn:aws:lambda:eu-west-1:123456789012:layer:live-debug-dev-wrapper:7';

function layersWith(layers: readonly string[], variables: Record<string, string>): unknown {
  const values = {
    ...{ function_name: 'orders', handler: 'app.handler', runtime: 'nodejs22.x', layers },
    environment: [{ variables }],
  };
  const resource = {
    address: 'aws_lambda_function.orders',
    type: 'aws_lambda_function',
    name: 'orders',
    mode: 'managed',
    values,
  };
  const state = { format_version: '1.0', values: { root_module: { resources: [resource] } } };
  const [found] = terraformFunctions(terraformResources(JSON.stringify(state), 'state.json')).functions;
  if (found === undefined) throw new Error('no function was found');
  const source = { handler: 'app.handler', sourceDir: '.', file: 'app.mjs' };
  return entryOf(found, source as never).entry.layers;
}

it('all ARNs of versions, in their order', () => {
  expect(layersWith([own, 'shared:3'], {})).toEqual([own]);
  expect(layersWith([], {})).toBeUndefined();
});

it('without the wrapper’s while the stage is live', () => {
  const live = { LIVE_DEBUG_TABLE: 'live-debug-dev', AWS_LAMBDA_EXEC_WRAPPER: '/opt/live-debug' };
  expect(layersWith([own, wrapper], live)).toEqual([own]);
});
