// Stands in for tunnel functions: streams that the test holds the far end of, and ends that it decides on.
import { Duplex } from 'node:stream';
import { TunnelRefused } from '../../../protocol/tunnel/codes.ts';
import type { Instance, InstanceWatch, StartInstance, VpcStream } from '../../src/tunnel/contract.ts';

/** An echo in the VPC; opens when the test says, or at once. */
export class FakeStream extends Duplex implements VpcStream {
  readonly host: string;
  readonly port: number;
  readonly opened: Promise<{ readonly address: string }>;
  settle: (error?: Error) => void = () => undefined;

  constructor(host: string, port: number) {
    super();
    this.host = host;
    this.port = port;
    this.opened = new Promise((resolve, reject) => {
      this.settle = (error) => (error ? reject(error) : resolve({ address: '10.0.0.7' }));
    });
    this.opened.catch(() => undefined);
  }

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.push(chunk);
    callback();
  }

  override _final(callback: () => void): void {
    this.push(null);
    callback();
  }

  override _read(): void {}
}

export class FakeInstance implements Instance {
  remainingMs = 15 * 60_000;
  readonly watch: InstanceWatch;
  readonly streams: FakeStream[] = [];
  readonly ended: string[] = [];
  readonly published: string[] = [];
  /** For the next streams. */
  answer: 'opens' | 'waits' | Error = 'opens';
  bytes = 0;

  constructor(watch: InstanceWatch) {
    this.watch = watch;
  }

  open(host: string, port: number): VpcStream {
    const stream = new FakeStream(host, port);
    this.streams.push(stream);
    if (this.answer === 'opens') stream.settle();
    else if (this.answer !== 'waits') stream.settle(this.answer);
    return stream;
  }

  usage() {
    return { bytes: this.bytes, messages: 2 };
  }

  publish(): void {
    this.published.push(this.watch.facts().state);
  }

  async end(reason: string): Promise<void> {
    this.ended.push(reason);
    for (const stream of this.streams) stream.destroy(new Error(reason));
  }

  /** As when Lambda kills the function. */
  kill(reason: string): void {
    for (const stream of this.streams) {
      stream.settle(new TunnelRefused('lost', reason));
      stream.destroy(new Error(reason));
    }
    this.watch.onGone(reason);
  }
}

/** Each start waits for the test. */
export class FakeStarts {
  readonly instances: FakeInstance[] = [];
  /** Starts that nobody has answered. */
  readonly waiting: { resolve(): FakeInstance; reject(error: Error): void }[] = [];
  readonly signals: AbortSignal[] = [];
  /** Answer at once. */
  isQuick = true;
  remainingMs = 15 * 60_000;

  readonly start: StartInstance = (watch, signal) => {
    this.signals.push(signal);
    return new Promise((resolve, reject) => {
      const go = () => {
        const instance = new FakeInstance(watch);
        instance.remainingMs = this.remainingMs;
        this.instances.push(instance);
        resolve(instance);
        return instance;
      };
      signal.addEventListener('abort', () => reject(new Error('aborted')));
      if (this.isQuick) go();
      else this.waiting.push({ resolve: go, reject });
    });
  };
}
