// Checks terraform, and the version of hashicorp/aws that the project has locked.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findOnPath } from '../platform.ts';
import { type Check, fail, pass, warn } from './check.ts';
import { askProgram } from './run-program.ts';

/** What the module's versions.tf asks for. */
const oldestTerraform = [1, 6] as const;
const oldestProvider = [5, 84] as const;

const places = ['.', 'terraform', 'infra', 'infrastructure', 'deploy', 'iac'];

/** `isNeeded`: a stage on AWS is deployed by it. */
export function terraformCheck(root: string, isNeeded: boolean): Check {
  return {
    name: 'terraform',
    group: 'Project',
    lateRemedy: 'does terraform version answer?',
    run: async (report, signal) => {
      const program = ['terraform', 'tofu'].find((name) => findOnPath(name) !== undefined);
      const provider = lockedProvider(root);
      if (program === undefined) {
        const message = 'neither terraform nor tofu is on the PATH';
        if (isNeeded)
          report(
            warn('terraform', message, 'install Terraform 1.6 or later, unless another machine applies'),
          );
        else report(pass('terraform', `${message}; serve --local does without`));
      } else {
        const { problem, text } = await askProgram(program, ['version'], {
          cwd: resolve(root),
          signal,
          env: { CHECKPOINT_DISABLE: '1' },
        });
        const version = /v(\d{1,4}\.\d{1,4}\.\d{1,4})/.exec(text.slice(0, 2000))?.[1];
        if (problem !== undefined || version === undefined)
          report(
            fail(
              'terraform',
              `${program} does not say its version: ${problem ?? 'another form'}`,
              `reinstall ${program}`,
            ),
          );
        else if (isOlder(version, oldestTerraform))
          report(
            fail('terraform', `${program} ${version} is too old for the module`, 'install 1.6 or later'),
          );
        else
          report(
            pass(
              'terraform',
              `${program} ${version}${provider === undefined ? '' : `, hashicorp/aws ${provider}`}`,
            ),
          );
      }
      if (provider !== undefined && isOlder(provider, oldestProvider))
        report(
          fail(
            'terraform',
            `the project has locked hashicorp/aws ${provider}, and the module needs 5.84 or later`,
            'terraform init -upgrade',
          ),
        );
    },
  };
}

function lockedProvider(root: string): string | undefined {
  for (const place of places) {
    try {
      const text = readFileSync(join(resolve(root), place, '.terraform.lock.hcl'), 'utf8').slice(
        0,
        1_000_000,
      );
      const lines = text.split('\n');
      const at = lines.findIndex((line) => line.startsWith('provider "') && line.includes('/hashicorp/aws"'));
      const version = lines.slice(at + 1, at + 4).find((line) => line.trim().startsWith('version'));
      if (at >= 0) return /"(\d{1,4}\.\d{1,4}\.\d{1,4})"/.exec(version ?? '')?.[1];
    } catch {
      // Not there.
    }
  }
  return undefined;
}

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [itsMajor = 0, itsMinor = 0] = version.split('.').map(Number);
  return itsMajor < major || (itsMajor === major && itsMinor < minor);
}
