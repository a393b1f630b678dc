// [5] One connection through the tunnel: a connection to livectl's SOCKS5 server, whose handle the function's socket gets once
// the target is connected. Until then that socket is connecting, so that its events, timeouts and errors are Node's own.
import net from 'node:net';
import { connectError, notAllowed, replyError } from './connect-errors.ts';
import type { Route } from './destinations.ts';
import type { TunnelSettings } from './settings.ts';
import {
  type ConnectRequest,
  deliver,
  giveHandle,
  type Handle,
  type Internals,
  nativeConnect,
  takeHandle,
} from './socket-internals.ts';
import { SocksExchange } from './socks-exchange.ts';

/** livectl answers earlier: its own bounds are shorter. Milliseconds. */
const answerBoundMs = 60_000;

/** From now on the socket's handle connects through the tunnel. */
export function routeSocket(socket: net.Socket, route: Route, settings: TunnelSettings): void {
  const handle = (socket as Internals)._handle;
  if (!handle) return;
  const connect = (request: ConnectRequest, address: string): number => {
    begin(socket, handle, request, address, route, settings);
    return 0;
  };
  // Only on this handle: those of other connections stay as they are.
  Object.assign(handle, { connect, connect6: connect });
  // A local address is one of this machine, and the connection is not.
  if (handle.bind) Object.assign(handle, { bind: () => 0, bind6: () => 0 });
}

function begin(
  socket: net.Socket,
  handle: Handle,
  request: ConnectRequest,
  address: string,
  route: Route,
  settings: TunnelSettings,
): void {
  if (route.isRefused) {
    process.nextTick(() => fail(socket, notAllowed(route)));
    return;
  }
  const exchange = new SocksExchange({ ...settings, host: route.host, port: route.port });
  const inner = new net.Socket();
  const stop = follow(handle, inner);
  const bound = setTimeout(() => end(connectError(route, 'ETIMEDOUT')), answerBoundMs).unref();
  const end = (error: NodeJS.ErrnoException | undefined): void => {
    clearTimeout(bound);
    stop();
    inner.removeAllListeners().on('error', () => {});
    inner.destroy();
    if (error) fail(socket, error);
  };
  inner.on('connect', () => {
    inner.setNoDelay(true);
    inner.write(exchange.greeting);
  });
  inner.on('error', (error) => end(gone(route, settings, error)));
  inner.on('close', () => end(gone(route, settings)));
  inner.on('data', (chunk: Buffer) => {
    const step = exchange.take(chunk);
    if (step.kind === 'send') inner.write(step.bytes);
    else if (step.kind === 'refused') end(replyError(route, step.reply));
    else if (step.kind === 'broken') end(gone(route, settings, new Error(step.what)));
    else if (step.kind === 'connected') {
      const isReferenced = stop();
      const connected = takeHandle(inner);
      end(undefined);
      if (!connected) return;
      if (socket.destroyed) {
        connected.close();
        return;
      }
      giveHandle(socket, connected);
      const given = (socket as Internals)._handle;
      if (!given) return;
      if (!isReferenced) given.unref?.();
      const target = step.address ?? address;
      const peer = { address: target, family: target.includes(':') ? 'IPv6' : 'IPv4', port: route.port };
      (socket as Internals)._peername = peer;
      request.oncomplete(0, given, request, true, true);
      deliver(socket, step.rest);
    }
  });
  nativeConnect.call(inner, { host: settings.host, port: settings.port });
}

/**
 * Ends the inner connection with the handle, and references the event loop as the handle does. Returns a function that stops
 * that, and says whether the handle references it.
 */
function follow(handle: Handle, inner: net.Socket): () => boolean {
  let isReferenced = true;
  const { close, ref, unref } = handle;
  Object.assign(handle, {
    close(callback?: () => void) {
      inner.destroy();
      close.call(handle, callback);
    },
    ref() {
      isReferenced = true;
      inner.ref();
      ref?.call(handle);
    },
    unref() {
      isReferenced = false;
      inner.unref();
      unref?.call(handle);
    },
  });
  return () => {
    Object.assign(handle, { close, ref, unref });
    return isReferenced;
  };
}

function fail(socket: net.Socket, error: NodeJS.ErrnoException): void {
  if (socket.connecting && !socket.destroyed) socket.destroy(error);
}

/** livectl does not answer: it has ended, or is not what the settings describe. */
function gone(route: Route, { host, port }: TunnelSettings, cause?: Error): NodeJS.ErrnoException {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'ECONNRESET';
  const why = cause === undefined ? 'it closed the connection' : cause.message;
  return connectError(route, code, `livectl's tunnel at ${host}:${port} does not answer: ${why}`);
}
