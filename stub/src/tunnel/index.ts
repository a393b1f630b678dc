// [1] The tunnel function's entry for the Lambda Node runtime: `index.handler`.
import { systemClock } from '../../../protocol/clock.ts';
import { type TunnelContext, TunnelFunction } from './tunnel-function.ts';

const tunnel = new TunnelFunction(process.env, systemClock);
void tunnel.warm();

/** Serves one tunnel. */
export const handler = (event: unknown, context: TunnelContext): Promise<void> =>
  tunnel.handle(event, context);
