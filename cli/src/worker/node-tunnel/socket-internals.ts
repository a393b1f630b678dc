// [5] What this needs of Node's own sockets beyond the documented API, all in one place.
import net from 'node:net';

/** A libuv handle, or the TLS layer on one, as far as it is used here. */
export interface Handle {
  connect(request: ConnectRequest, address: string, port: number): number;
  connect6?(request: ConnectRequest, address: string, port: number): number;
  bind?(...values: unknown[]): number;
  bind6?(...values: unknown[]): number;
  close(callback?: () => void): void;
  ref?(): void;
  unref?(): void;
  readStop?(): number;
  setNoDelay?(enabled: boolean): number;
  reading?: boolean;
  /** Of TLS only: feeds it encrypted bytes. */
  receive?(bytes: Buffer): void;
  getSession?(): Buffer | undefined;
  getServername?(): string | false;
  getAsyncId?(): number;
  useUserBuffer?(buffer: Uint8Array): void;
  onread?: unknown;
}

export interface ConnectRequest {
  oncomplete(
    status: number,
    handle: Handle,
    request: ConnectRequest,
    readable: boolean,
    writable: boolean,
  ): void;
}

export type Internals = net.Socket & {
  _handle: Handle | null;
  _peername?: { address: string; family: string; port: number };
  /** Resets the states of both directions. */
  _undestroy?(): void;
  /** Of TLS only, as all below. */
  ssl?: Handle | null;
  _wrapHandle?(wrap: null, handle: Handle, isWriting: boolean): Handle;
  _init?(): void;
  setSession?(session: Buffer): void;
  setServername?(name: string): void;
};

type Connect = (this: net.Socket, ...values: unknown[]) => net.Socket;

/** Node's normal form of what `connect` is called with: options, callback. */
export const normalizeArgs = (
  net as unknown as { _normalizeArgs(values: unknown[]): [Record<string, unknown>, unknown] }
)._normalizeArgs;

export const nativeConnect = net.Socket.prototype.connect as unknown as Connect;

const symbols = (socket: object): symbol[] => {
  const found: symbol[] = [];
  for (let each: object | null = socket; each !== null; each = Object.getPrototypeOf(each))
    found.push(...Object.getOwnPropertySymbols(each));
  return found;
};

function member<T>(socket: net.Socket, name: string): T | undefined {
  const symbol = symbols(socket).find(({ description }) => description === name);
  return symbol && (socket as unknown as Record<symbol, T>)[symbol];
}

/** Takes the handle of a connected socket away from it: what arrives stays in the kernel until another socket reads. */
export function takeHandle(from: net.Socket): Handle | undefined {
  const inner = from as Internals;
  const handle = inner._handle;
  if (!handle) return undefined;
  handle.readStop?.();
  handle.reading = false;
  inner._handle = null;
  return handle;
}

/** Replaces a socket's handle, as Node.js does when it tries one address after another. */
export function giveHandle(to: net.Socket, handle: Handle): void {
  const socket = to as Internals;
  const reinitialize = member<(handle: Handle) => void>(to, 'kReinitializeHandle');
  if (reinitialize) {
    // It would also forget that the code has ended the socket before it was connected.
    socket._undestroy = () => {};
    reinitialize.call(to, handle);
    delete socket._undestroy;
  } else replaceHandle(socket, handle);
  // Closing the old handle has cleared it.
  if (socket.ssl === null) socket.ssl = socket._handle;
}

/** What later versions do: Node.js 18 tries one address only. */
function replaceHandle(socket: Internals, handle: Handle): void {
  const old = socket._handle;
  if (!old) return;
  const session = socket._wrapHandle && old.getSession?.();
  const servername = socket._wrapHandle && old.getServername?.();
  const next = socket._wrapHandle?.(null, handle, false) ?? handle;
  const fields = next as unknown as Record<symbol, unknown>;
  for (const symbol of symbols(old)) if (symbol.description === 'owner_symbol') fields[symbol] = socket;
  const id = symbols(socket).find(({ description }) => description === 'async_id_symbol');
  if (id) (socket as unknown as Record<symbol, unknown>)[id] = next.getAsyncId?.();
  const buffer = member<Uint8Array>(socket, 'kBuffer');
  if (buffer) next.useUserBuffer?.(buffer);
  next.onread = old.onread;
  old.close();
  socket._handle = next;
  if (!socket._wrapHandle) return;
  socket.ssl = next;
  socket._init?.();
  if (session) socket.setSession?.(session);
  if (servername) socket.setServername?.(servername);
}

/** Delivers bytes that were read before the socket had its handle. */
export function deliver(to: net.Socket, bytes: Buffer): void {
  if (bytes.length === 0 || to.destroyed) return;
  const { _handle: handle } = to as Internals;
  const buffer = member<Uint8Array>(to, 'kBuffer');
  const callback = member<(size: number, buffer: Uint8Array) => unknown>(to, 'kBufferCb');
  if (typeof handle?.receive === 'function') {
    handle.receive(bytes);
  } else if (buffer && callback) {
    // The option `onread`.
    for (let at = 0; at < bytes.length; at += buffer.length) {
      const part = bytes.subarray(at, at + buffer.length);
      buffer.set(part);
      if (callback(part.length, buffer) === false) to.pause();
    }
  } else {
    to.push(bytes);
  }
}
