// [3] Connects to the relay's last known address while the manifest with the current one is still being read: this saves the
// start four round trips.
import {
  openRelaySocket,
  type RelaySocket,
  type RelaySocketOptions,
} from '../../../protocol/relay-socket.ts';

type Handlers = Pick<RelaySocketOptions, 'onText' | 'onClose'>;

/** Nobody knows its connection id before it is in the directory, so more texts than this are not meant for it. */
const mostTexts = 16;

/** Sends only the handshake. The first `open` to the same relay receives the socket. */
export class EarlySocket {
  readonly #url: string;
  #socket: Promise<RelaySocket | undefined> | undefined;
  #handlers: Handlers | undefined;
  #texts: string[] = [];
  #isClosed = false;

  /** Begins to connect. Takes the link's options; handlers are bound when the socket is taken. */
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

  /** As `openRelaySocket`: returns the early socket if it leads to the same relay and is open, otherwise opens another. */
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

  /** Closes the socket unless it was taken. */
  close(): void {
    void this.#socket?.then((socket) => socket?.close());
    this.#socket = undefined;
  }
}
