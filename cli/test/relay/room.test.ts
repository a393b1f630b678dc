// Which messages have memory for sealing, and which wait.
import { expect, test } from 'vitest';
import { Room } from '../../src/relay/room.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('is given in the order of arrival, as far as it reaches', async () => {
  const room = new Room(10);
  const order: string[] = [];
  const take = async (name: string, bytes: number) => {
    const give = await room.take(bytes);
    order.push(name);
    return give;
  };
  const first = await take('first', 6);
  const second = take('second', 6);
  // It would fit, but is not the next.
  const third = take('third', 1);
  await settled();
  expect(order).toEqual(['first']);
  first();
  first();
  await settled();
  expect(order).toEqual(['first', 'second', 'third']);
  const larger = take('larger than all', 20);
  (await second)();
  await settled();
  expect(order).toHaveLength(3);
  (await third)();
  (await larger)();
  expect(order).toEqual(['first', 'second', 'third', 'larger than all']);
});

test('is given to all once closed', async () => {
  const room = new Room(10);
  await room.take(10);
  const waiting = [room.take(10), room.take(10)];
  room.close();
  await Promise.all([...waiting, room.take(10)]);
});
