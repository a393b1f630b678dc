// Which secrets are valid, and how often the directory is asked, with a manual clock.
import { describe, expect, test } from 'vitest';
import type { StageSecret } from '../../../protocol/stage-secret.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { secretOf } from '../../../protocol/test/stage-secrets.ts';
import { checkEveryMs, previousForMs, rereadAfterMs, StageSecrets } from '../../src/relay/stage-secrets.ts';

const [first, second, third] = [secretOf('first'), secretOf('second'), secretOf('third')];

function secretsOf(initial: StageSecret | undefined) {
  const clock = new ManualClock();
  const directory = { secret: initial, reads: 0, fails: false };
  const read = async () => {
    directory.reads += 1;
    if (directory.fails) throw new Error('not today');
    return directory.secret;
  };
  return { clock, directory, secrets: new StageSecrets({ initial, read, clock }) };
}

describe('the secrets of a stage', () => {
  test('are the current one, and for 15 minutes the previous one', async () => {
    const { clock, directory, secrets } = secretsOf(first);
    expect([secrets.find(first.id), secrets.find(second.id)]).toEqual([first, undefined]);
    directory.secret = second;
    await secrets.refresh();
    expect(secrets.current).toBe(second);
    expect([secrets.find(first.id), secrets.find(second.id)]).toEqual([first, second]);
    clock.advance(previousForMs - 1);
    expect(secrets.find(first.id)).toBe(first);
    clock.advance(1);
    expect([secrets.find(first.id), secrets.find(second.id)]).toEqual([undefined, second]);
  });

  test('are two at most: a second change ends the first one’s time', async () => {
    const { clock, directory, secrets } = secretsOf(first);
    for (const secret of [second, third]) {
      directory.secret = secret;
      await secrets.refresh();
      clock.advance(rereadAfterMs);
    }
    expect([first, second, third].map(({ id }) => secrets.find(id))).toEqual([undefined, second, third]);
  });

  test('are kept if the directory cannot be read or has none', async () => {
    const { clock, directory, secrets } = secretsOf(first);
    directory.secret = undefined;
    await secrets.refresh();
    clock.advance(rereadAfterMs);
    directory.fails = true;
    await secrets.refresh();
    expect(directory.reads).toBe(2);
    expect(secrets.current).toBe(first);
  });

  test('begin when the stage gets its first one', async () => {
    const { directory, secrets } = secretsOf(undefined);
    expect([secrets.current, secrets.find(first.id)]).toEqual([undefined, undefined]);
    directory.secret = first;
    await secrets.refresh();
    expect(secrets.current).toBe(first);
  });

  test('cost one read in two seconds, however many ask', async () => {
    const { clock, directory, secrets } = secretsOf(first);
    const ask = () => Promise.all(Array.from({ length: 1000 }, () => secrets.refresh()));
    await ask();
    await ask();
    clock.advance(rereadAfterMs - 1);
    await ask();
    expect(directory.reads).toBe(1);
    clock.advance(1);
    await ask();
    expect(directory.reads).toBe(2);
  });

  test('are checked regularly, until closed', async () => {
    const { clock, directory, secrets } = secretsOf(first);
    secrets.watch();
    directory.secret = second;
    clock.advance(checkEveryMs);
    await secrets.refresh();
    expect(secrets.current).toBe(second);
    clock.advance(checkEveryMs);
    expect(directory.reads).toBe(2);
    secrets.close();
    clock.advance(10 * checkEveryMs);
    expect(directory.reads).toBe(2);
    expect(clock.pending).toEqual([]);
  });
});
