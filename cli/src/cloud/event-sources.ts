// The cloud's event sources while they run: the services to publish to, and the asynchronous invocations they cause.
import { storageLimits } from './aws-api/aws-limits.ts';
import type { Service } from './aws-api/service.ts';
import { Storage } from './aws-api/storage.ts';
import { KeptCloud } from './kept-cloud.ts';
import { AsyncInvocations, type WaitingEvent } from './lambda/async-invocations.ts';
import type { PlannedSource } from './sources.ts';
import type { SourceOptions, SourceService } from './triggers/cloud-source.ts';
import { Deliveries } from './triggers/deliveries.ts';

/** The name under which asynchronous invocations are kept. */
const asynchronous = 'asynchronous invocations';

interface EventSourcesOptions extends Omit<SourceOptions, 'deliveries' | 'invocations' | 'kept' | 'storage'> {
  readonly planned: readonly PlannedSource[];
  /** Whether a function is deployed. */
  readonly isDeployed?: (functionName: string) => boolean;
  /** What an earlier cloud has left. With it, nothing is delivered before `resume`. Default: nothing, and all is left to nobody. */
  readonly kept?: KeptCloud | undefined;
}

export class EventSources {
  readonly invocations: AsyncInvocations;
  readonly #sources: SourceService[] = [];
  readonly #deliveries: Deliveries;
  readonly #kept: KeptCloud | undefined;
  #isClosed = false;

  /** Throws LD_CONFIG for an invalid pattern or schedule, and for functions that contradict each other. */
  constructor(options: EventSourcesOptions) {
    const { planned, clock, isDeployed = () => true, kept, onEvent } = options;
    this.#kept = kept;
    this.#deliveries = new Deliveries(options.host, kept !== undefined);
    const deliveries = this.#deliveries;
    const { host } = deliveries;
    this.invocations = new AsyncInvocations({ host, clock, onEvent, deliveries });
    const storage = new Storage(storageLimits.messageBytes);
    try {
      for (const each of planned) {
        const parts = { ...options, host, deliveries, kept: kept ?? new KeptCloud(), storage };
        this.#sources.push(each.create({ ...parts, invocations: this.invocations }));
      }
      const waiting = kept?.take<readonly WaitingEvent[]>(asynchronous) ?? [];
      this.invocations.goOn(waiting.filter(({ event }) => isDeployed(event.functionName)));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** By the name that requests are signed for. */
  service(name: string): Service | undefined {
    return this.#sources.find(({ api }) => api?.name === name)?.api?.service;
  }

  /** Begins to deliver, also what an earlier cloud has left. */
  resume(): void {
    this.#deliveries.resume();
  }

  /** From now on nothing more is delivered, and kept for the next cloud; resolves when what runs is over. */
  pause(): Promise<void> {
    return this.#deliveries.pause();
  }

  /** Accepts nothing more from any source; running invocations are ended by the host. What is not done is left to the next cloud. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // What one poller puts back, no other one takes.
    void this.#deliveries.pause();
    this.#kept?.clear();
    this.invocations.close();
    this.#kept?.keep(asynchronous, this.invocations.waiting());
    for (const each of this.#sources) {
      each.close();
      if (this.#kept) each.keep?.(this.#kept);
    }
  }
}
