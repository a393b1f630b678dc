// The beat with a manual clock: gaps, a clock that was set, a network that changed.
import { expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { Beat, beatMs, machineAddresses } from '../../src/session/beat.ts';

function started() {
  const clock = new ManualClock();
  const told: (number | 'network')[] = [];
  const machine = { addresses: '192.0.2.7' };
  const beat = new Beat({
    clock,
    onGap: (ms) => told.push(ms),
    onNetwork: () => told.push('network'),
    addresses: () => machine.addresses,
  });
  beat.start();
  return { beat, clock, machine, told };
}

test('changed addresses are reported within a beat, once', () => {
  const { clock, machine, told } = started();
  clock.advance(5 * beatMs);
  expect(told).toEqual([]);
  machine.addresses = '198.51.100.7';
  clock.advance(5 * beatMs);
  expect(told).toEqual(['network']);
  machine.addresses = '';
  clock.advance(beatMs);
  machine.addresses = '198.51.100.7';
  clock.advance(beatMs);
  expect(told).toEqual(['network', 'network', 'network']);
});

test('a machine that slept, and a clock that was set back, are reported with the time', () => {
  const { beat, clock, told } = started();
  clock.jump(60_000);
  beat.check();
  clock.jump(-60_000);
  beat.check();
  expect(told).toEqual([60_000, -60_000]);
});

test('addresses of this machine are read without loopback and link-local ones', () => {
  const addresses = machineAddresses();
  expect(addresses).not.toMatch(/(^|,)(127\.|::1|fe80:)/);
  expect(machineAddresses()).toBe(addresses);
});
