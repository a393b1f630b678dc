// The tunnel's parts as they see each other: a running tunnel function, its streams, and who may start one.
import type { Duplex } from 'node:stream';
import type { TunnelEvent } from '../session/session-event.ts';

/** A connection from inside the VPC. Ending it half-closes, destroying it resets. */
export interface VpcStream extends Duplex {
  /** The address that was connected to. Rejects with a `TunnelRefused` if no connection is made. */
  readonly opened: Promise<{ readonly address: string }>;
}

/** What passed through one tunnel function so far. */
export interface Usage {
  /** Of the streams, both ways. */
  readonly bytes: number;
  /** As API Gateway meters them: texts through the relay in steps of 32 KB, both ways. */
  readonly messages: number;
}

/** One invocation of the tunnel function that has reported for work. */
export interface Instance {
  /** How long Lambda lets it run from now on, in milliseconds. */
  readonly remainingMs: number;
  /** Connects to a host from inside the VPC; names are resolved there. Never throws: the stream's `opened` tells. */
  open(host: string, port: number): VpcStream;
  usage(): Usage;
  /** What `InstanceWatch.facts` says has changed: others may read it. */
  publish(): void;
  /** Resets what is still open with `reason`, ends the function, and removes its item. Bounded; never rejects. */
  end(reason: string): Promise<void>;
}

/** How a tunnel looks from outside, in its item and in events. */
export interface TunnelFacts {
  readonly state: TunnelState;
  /** Open now. */
  readonly streams: number;
  readonly bytes: number;
  /** In US dollars, about. */
  readonly cost: number;
}

export type TunnelState = TunnelEvent['state'];

/** Receives what happens to an instance. */
export interface InstanceWatch {
  /** The function announces its end; new streams should use another one. */
  onDrain(endsInMs: number): void;
  /** The function is gone, and its streams are reset. Not called after `end`. */
  onGone(reason: string): void;
  /** For the instance's item. */
  facts(): TunnelFacts;
}

/** Starts one; rejects with a LiveDebugError that says what to check. Aborted by `signal`, after which nothing is left. */
export type StartInstance = (watch: InstanceWatch, signal: AbortSignal) => Promise<Instance>;
