// [3] A socket to where the relay was last time, opened beside the reading of the manifest that says where it is now: four
// round trips that the start need not wait for afterwards.
import {
  openRelaySocket,
  type RelaySocket,
  type RelaySocketOptions,
} from '../../../protocol/relay-socket.ts';

type Handlers = Pick<RelaySocketOptions, 'onText' | 'onClose'>;

/** Nobody knows its connection id before it is in the directory, so more texts than this are not meant for it. */
const mostTexts = 16;

/** Sends nothing but the handshake. The first `open` to the same relay gets the socket. */
export class EarlySocket {
  readonly #url: string;
  #socket: Promise<RelaySocket | undefined> | undefined;
  #handlers: Handlers | undefined;
  #texts: string[] = [];
  #isClosed = false;

  /** Begins to connect. What it needs is what the link would give; handlers are bound when it is taken. */
  constructor(options: Omit<RelaySocketOptions, keyof Handlers>) {
    this.#url = options.url;
    const onText = (text: string) => {
      if (this.#handlers) this.#handlers.onText(text);
      else if (this.#texts.length < mostTexts) this.#texts.push(text);
    };
    const onClose = (reason: string) => {
      this.#isClosed = true;
      this.#handlers?.onClose(reason);
    };
    this.#socket = openRelaySocket({ ...options, onText, onClose }).catch(() => undefined);
  }

  /** As `openRelaySocket`: gives the early one where it leads to the same relay and stands, else opens another. */
  readonly open = async (options: RelaySocketOptions): Promise<RelaySocket> => {
    const early = this.#socket;
    if (options.url !== this.#url) this.close();
    this.#socket = undefined;
    const socket = options.url === this.#url ? await early : undefined;
    if (socket === undefined || this.#isClosed) return openRelaySocket(options);
    this.#handlers = options;
    for (const text of this.#texts.splice(0)) options.onText(text);
    return socket;
  };

  /** Closes it if it was not taken. */
  close(): void {
    void this.#socket?.then((socket) => socket?.close());
    this.#socket = undefined;
  }
}
