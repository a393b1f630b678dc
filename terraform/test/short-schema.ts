// Between terraform and hashicorp/aws: the provider's schema comes with the types only that the test's own files name, every other
// call goes through as it is. Each command reads that schema: of all 2,100 types it costs 2.4 s of processor time, of these 0.4 s.
// A type that no file names is one that terraform doesn't know, so the command fails.
import { readdirSync, readFileSync } from 'node:fs';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  createServer,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { connect } from 'node:net';
import { join } from 'node:path';

const { HTTP2_HEADER_PATH, NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM } = constants;
const schemaPath = '/tfplugin5.Provider/GetSchema';
/** Maps of GetProviderSchema.Response from a type's name to its schema: of resources, data sources and ephemeral resources. */
const mapsOfTypes = [2, 3, 8];
const grpc = { ':status': 200, 'content-type': 'application/grpc' };
/** Before each message: whether it is compressed, and its length. */
const framing = 5;
/** In MB, for messages under way; Node's own bound is 10. */
const maxSessionMemory = 64;

/** The whole schema by the provider's program: the providers of one test file are the same program. */
const schemas = new Map<string, Promise<Buffer>>();

export class ShortSchema {
  readonly #server: Http2Server;
  readonly #provider: ClientHttp2Session;
  readonly #sessions = new Set<Http2Session>();

  private constructor(server: Http2Server, provider: ClientHttp2Session) {
    this.#server = server;
    this.#provider = provider;
    server.on('session', (session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
    });
  }

  /** Listens at `socket` for terraform, in the place of the `program` that listens at `provider`, for files below `root`. */
  static async listen(
    socket: string,
    {
      root,
      program,
      provider,
    }: { readonly root: string; readonly program: string; readonly provider: string },
  ): Promise<ShortSchema> {
    const createConnection = () => connect(provider);
    const session = connectHttp2('http://provider', { createConnection, maxSessionMemory });
    // A provider that ends shows in the calls it leaves without an answer.
    session.on('error', () => undefined);
    const server = createServer({ maxSessionMemory });
    server.on('stream', (stream, headers) => {
      // As does a terraform that ends.
      stream.on('error', () => undefined);
      if (headers[HTTP2_HEADER_PATH] !== schemaPath) return forward(stream, session.request(headers));
      const whole = schemas.get(program) ?? wholeSchema(session, headers);
      schemas.set(program, whole);
      whole
        .then((message) => answer(stream, only(typesIn(root), message)))
        .catch((error: unknown) => {
          const failure = { 'grpc-status': '13', 'grpc-message': encodeURIComponent(String(error)) };
          if (!stream.closed) stream.respond({ ...grpc, ...failure }, { endStream: true });
        });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(socket, resolve);
    });
    return new ShortSchema(server, session);
  }

  close(): void {
    this.#server.close();
    for (const session of this.#sessions) session.destroy();
    this.#provider.destroy();
  }
}

/** One call, whatever it is; the status of a gRPC call comes after its messages. */
function forward(stream: ServerHttp2Stream, call: ClientHttp2Stream): void {
  let trailers: IncomingHttpHeaders = {};
  call.on('trailers', (headers) => {
    trailers = headers;
  });
  call.on('response', (headers, flags) => {
    const isOver = (flags & NGHTTP2_FLAG_END_STREAM) !== 0;
    stream.respond(headers, isOver ? { endStream: true } : { waitForTrailers: true });
    if (!isOver) call.pipe(stream);
  });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  call.on('error', () => stream.close(NGHTTP2_CANCEL));
  stream.on('close', () => call.close(NGHTTP2_CANCEL));
  stream.pipe(call);
}

/** The message that the provider answers with. */
async function wholeSchema(session: ClientHttp2Session, headers: IncomingHttpHeaders): Promise<Buffer> {
  const call = session.request(headers);
  // An empty message: not compressed, of length 0.
  call.end(Buffer.alloc(framing));
  let status: unknown;
  call.on('trailers', (trailers) => {
    status = trailers['grpc-status'];
  });
  const parts: Buffer[] = [];
  for await (const part of call) parts.push(part);
  if (status !== '0') throw new Error(`the provider gives no schema: status ${status}`);
  return Buffer.concat(parts).subarray(framing);
}

function answer(stream: ServerHttp2Stream, message: Buffer): void {
  if (stream.closed) return;
  stream.respond(grpc, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  const frame = Buffer.alloc(framing);
  frame.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([frame, message]));
}

/** What may be a type's name, in every file of Terraform's languages. */
function typesIn(root: string): ReadonlySet<string> {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(tf|tf\.json|tftest\.hcl)$/.test(path),
  );
  return new Set(files.flatMap((path) => readFileSync(join(root, path), 'utf8').match(/\baws_\w+/g) ?? []));
}

/** A GetProviderSchema.Response without the entries of other types. All its fields are messages: tag, length, content. */
function only(types: ReadonlySet<string>, message: Buffer): Buffer {
  const kept: Buffer[] = [];
  for (let at = 0; at < message.length; ) {
    const [tag, afterTag] = varint(message, at);
    const [length, start] = varint(message, afterTag);
    if ((tag & 7) !== 2) throw new Error(`field ${tag >> 3} of the provider's schema is no message`);
    const end = start + length;
    // An entry of a map begins with its key: one byte of tag, the length, the text.
    const [nameLength, name] = varint(message, start + 1);
    const isKept =
      !mapsOfTypes.includes(tag >> 3) || types.has(message.toString('utf8', name, name + nameLength));
    if (isKept) kept.push(message.subarray(at, end));
    at = end;
  }
  return Buffer.concat(kept);
}

/** A number of Protocol Buffers, and where it ends. */
function varint(bytes: Buffer, at: number): [number: number, end: number] {
  let [number, scale, end] = [0, 1, at];
  for (;;) {
    const byte = bytes.readUInt8(end);
    end += 1;
    number += (byte & 127) * scale;
    if (byte < 128) return [number, end];
    scale *= 128;
  }
}
