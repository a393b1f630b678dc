// The tunnel function of the shipped sources on a clock that the test advances; otherwise the same as stub/src/tunnel/index.ts.
import { type TunnelContext, TunnelFunction } from '../../src/tunnel/tunnel-function.ts';
import { reportingClock } from '../harness/reporting-clock.ts';

const tunnel = new TunnelFunction(process.env, reportingClock());
void tunnel.warm();

export const handler = (event: unknown, context: TunnelContext): Promise<void> =>
  tunnel.handle(event, context);
