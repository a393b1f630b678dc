// [1] An invocation that no client can answer belongs to the deployed code, unless a client may have begun it.
import type { Clock } from '../../../protocol/clock.ts';
import { errorName, LiveDebugError } from '../../../protocol/live-debug-error.ts';
import type { Otherwise } from '../conversations.ts';
import type { Exchange } from '../exchange.ts';
import { remoteError } from '../remote-answer.ts';
import type { StubSocket } from '../stub-socket.ts';

/** No client has begun the invocation, and none will; `cause` is why. */
export class UnbegunError extends Error {
  constructor(cause: unknown) {
    super('no client has begun this invocation', { cause });
  }
}

/** Bound on each step with a client that may have begun: sending it a message, or receiving its answer. Milliseconds. */
const askMs = 1000;

/** If a message is still under way when the time is up, it is checked again after this; milliseconds. */
const lookEveryMs = 10;

/** Gives up an exchange that finds no connection within `withinMs`; one that no client has begun ends in {@link UnbegunError}. */
export function otherwise(
  clock: Clock,
  socket: StubSocket,
  withinMs: number,
): Otherwise & { readonly hasRun: boolean } {
  const instead = {
    /** The exchange was run: something may have been sent. */
    hasRun: false,
    tooSlow: (exchange: Exchange) => {
      instead.hasRun = true;
      return new Promise<never>((_, reject) => {
        const look = () => {
          if (exchange.isOver || exchange.peers.isTaken) return;
          // A message under way may still be refused (429); the next one would be under way at the next look.
          exchange.sendNoMore();
          if (exchange.mayHaveBegun) return void clock.after(lookEveryMs, look);
          // Nothing can be sent between the check and this.
          exchange.abandon();
          reject(new LiveDebugError('LD_RELAY', `the relay took nothing within ${withinMs} ms`));
        };
        clock.after(withinMs, look);
      });
    },
    settle: async (exchange: Exchange, error: unknown, leftMs: number) => {
      instead.hasRun = true;
      const code = error instanceof LiveDebugError ? error.code : 'LD_INTERNAL';
      try {
        const boundMs = Math.min(askMs, leftMs);
        if (exchange.mayHaveBegun && !(await isUnbegun(exchange, socket, code, boundMs))) return error;
        exchange.abandon();
        return new UnbegunError(error);
      } catch {
        return error;
      }
    },
  };
  return instead;
}

/** Cancels the invocation at a client that may have it, then asks whether the client knows it. Never rejects. */
async function isUnbegun(
  exchange: Exchange,
  socket: StubSocket,
  code: string,
  boundMs: number,
): Promise<boolean> {
  const { outgoing, peers, sent, signals } = exchange;
  const client = peers.current;
  const clients = new Set(sent.map((one) => one.client.item.publicKey));
  if (exchange.isCancelled || peers.isTaken || client === undefined || clients.size > 1 || boundMs <= 0)
    return false;
  try {
    const cancel = { type: 'cancel', head: { reason: 'shutdown', code } } as const;
    if ((await outgoing.post(client, cancel, boundMs)) === 'gone') return false;
    const { connectionId } = await socket.get();
    await outgoing.post(client, { type: 'probe', head: { replyTo: connectionId } }, boundMs);
    for (;;) {
      const signal = await signals.next(boundMs);
      if (signal === undefined || signal.kind === 'ack') return false;
      if (signal.kind !== 'answer') continue;
      const { body, type } = signal.answer;
      // It never had the invocation, or the cancel reached it first.
      return type === 'error' && remoteError(body).name === errorName('LD_LOST');
    }
  } catch {
    return false;
  }
}
