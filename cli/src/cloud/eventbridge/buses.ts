// EventBridge, put together: a bus for each that triggers ask for, and the schedules.
import type { SourceOptions, SourceService } from '../triggers/source-service.ts';
import { Bus } from './bus.ts';
import { createBusApi } from './bus-api.ts';
import { Schedules } from './schedules.ts';

/** Throws LD_CONFIG for an event pattern or a schedule expression that is invalid. */
export function createBuses(options: SourceOptions): SourceService {
  const buses = options.resources.buses.map((each) => new Bus(each));
  const schedules = new Schedules(options);
  return { name: 'events', service: createBusApi({ ...options, buses }), close: () => schedules.close() };
}
