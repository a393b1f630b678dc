// The cloud's event sources while they run: the services to publish to, and the asynchronous invocations they cause.
import { storageLimits } from './aws-api/aws-limits.ts';
import type { Service } from './aws-api/service.ts';
import { Storage } from './aws-api/storage.ts';
import { AsyncInvocations } from './lambda/async-invocations.ts';
import type { PlannedSource } from './sources.ts';
import type { SourceOptions, SourceService } from './triggers/cloud-source.ts';

interface EventSourcesOptions extends Omit<SourceOptions, 'invocations' | 'storage'> {
  readonly planned: readonly PlannedSource[];
}

export class EventSources {
  readonly invocations: AsyncInvocations;
  readonly #sources: SourceService[] = [];

  /** Throws LD_CONFIG for an invalid pattern or schedule, and for functions that contradict each other. */
  constructor(options: EventSourcesOptions) {
    const { planned, host, clock, onEvent } = options;
    this.invocations = new AsyncInvocations({ host, clock, onEvent });
    const storage = new Storage(storageLimits.messageBytes);
    try {
      for (const each of planned) {
        this.#sources.push(each.create({ ...options, invocations: this.invocations, storage }));
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** By the name that requests are signed for. */
  service(name: string): Service | undefined {
    return this.#sources.find(({ api }) => api?.name === name)?.api?.service;
  }

  /** Accepts nothing more from any source; running invocations are ended by the host. */
  close(): void {
    this.invocations.close();
    for (const each of this.#sources) each.close();
  }
}
