// What the construct becomes with CDKTF and with CDK Terrain, its successor, and for TypeScript projects of any kind.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExampleProject, missingExamplePackages, StagesProject } from './projects.ts';

const boundMs = 120_000;

describe('LiveDebug', () => {
  const cdktf = new StagesProject('cdktf');
  const cdktn = new StagesProject('cdktn');

  beforeAll(() => Promise.all([cdktf.synthesize(), cdktn.synthesize()]), boundMs);
  afterAll(() => {
    cdktf.workspace.remove();
    cdktn.workspace.remove();
  });

  it('passes on what it was given', () => {
    const { tom, ada } = cdktf.stack('stages').module;
    expect(tom).toEqual({
      '//': expect.anything(),
      source: expect.stringMatching(/^\.\/assets\/tom_module\/\w+$/),
      stage: 'dev-tom',
      functions: {
        orders: {
          handler: 'src/orders.handler',
          runtime: 'nodejs22.x',
          timeout: 10,
          memory_size: 256,
          environment: { MY_KEY: 'as it is' },
          triggers: { http: { path: '/orders' } },
        },
      },
      protected_stages: ['prod'],
      throttling: { rate_limit: 100 },
      create_developer_policy: true,
    });
    expect(ada?.relay).toMatch(/^\$\{module\.tom\.relay\}$/);
  });

  it('takes the module from elsewhere', () => {
    expect(cdktf.stack('elsewhere').module.live_debug).toEqual({
      '//': expect.anything(),
      source: 'registry.example.com/acme/live-debug/aws',
      version: '1.2.3',
      stage: 'dev-tom',
      tunnel: { subnet_ids: ['subnet-a'], security_group_ids: ['sg-1'], allow: ['db.internal:5432'] },
    });
  });

  it.each(['stages', 'elsewhere'])('is the same for CDKTF and for CDK Terrain: %s', (name) => {
    expect(cdktn.stack(name).module).toEqual(cdktf.stack(name).module);
    expect(cdktn.stack(name).output).toEqual(cdktf.stack(name).output);
  });
});

const skipped = missingExamplePackages();

describe.skipIf(skipped)(`types in examples/cdktf${skipped ? ` (${skipped})` : ''}`, () => {
  let project: ExampleProject;

  beforeAll(async () => {
    project = new ExampleProject();
    await project.install();
  }, boundMs);
  afterAll(() => project?.workspace.remove());

  // As CDKTF's own template resolves packages, and as newer projects do.
  it.each([
    ['--moduleResolution', 'node10'],
    ['--module', 'nodenext'],
    ['--module', 'preserve'],
  ])('are sound with %s %s', (...options) => project.checkTypes(...options), boundMs);
});
