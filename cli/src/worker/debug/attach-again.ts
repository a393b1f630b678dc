// [5] Has a debugger of Python attach to the process after a reload. debugpy's adapter reports that the process has ended, but not
// that there will be another one, so VS Code would end its session in spite of `"restart": true`.
import { Transform } from 'node:stream';

/** The beginning of a message of the Debug Adapter Protocol, as debugpy writes it. */
const header = /^Content-Length: (\d{1,10})\r\n\r\n/;
const headerWord = 'Content-Length: ';
const mostHeader = 64;
/** The event that is looked for is shorter; longer messages are passed on as they come. Bytes. */
const mostEvent = 512;
/** As much of the end of a chunk as one of the words below may begin in. */
const wordLength = 32;

/** Both directions of one debugger's connection. */
export interface AttachAgain {
  /** Reads what the debugger sends. */
  fromClient(chunk: Buffer): void;
  /** Through it goes what the adapter sends. */
  readonly toClient: Transform;
}

/** A debugger that attached with `"restart": true` is told to attach again, unless it has ended the session itself. */
export function attachAgain(): AttachAgain {
  let tail = '';
  let wants = false;
  let leaves = false;
  return {
    fromClient: (chunk) => {
      const text = tail + chunk.toString('latin1');
      wants ||= /"restart": ?true/.test(text);
      leaves ||= /"command": ?"(disconnect|terminate)"/.test(text);
      tail = text.slice(-wordLength);
    },
    toClient: messages((text) => (wants && !leaves ? withRestart(text) : text)),
  };
}

function withRestart(text: string): string {
  if (!/"event": ?"terminated"/.test(text)) return text;
  try {
    const message = JSON.parse(text);
    return JSON.stringify({ ...message, body: { restart: true, ...message.body } });
  } catch {
    return text;
  }
}

/** Passes messages on; short ones through `change`. What is not a message is passed on from there as it is. */
function messages(change: (text: string) => string): Transform {
  let rest: Buffer = Buffer.alloc(0);
  /** How many bytes are to be passed on as they are. */
  let passing = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        if (passing > 0) {
          const part = rest.subarray(0, passing);
          if (part.length > 0) this.push(part);
          passing -= part.length;
          rest = rest.subarray(part.length);
          if (passing > 0) return done();
        }
        const begin = rest.toString('latin1', 0, mostHeader);
        const head = header.exec(begin);
        if (head === null) {
          const word = begin.slice(0, headerWord.length);
          if (rest.length >= mostHeader || !headerWord.startsWith(word)) {
            passing = Number.POSITIVE_INFINITY;
            continue;
          }
          return done();
        }
        const length = Number(head[1]);
        const end = head[0].length + length;
        if (length > mostEvent) {
          passing = end;
          continue;
        }
        if (rest.length < end) return done();
        const text = change(rest.toString('utf8', head[0].length, end));
        this.push(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
        rest = rest.subarray(end);
      }
    },
    flush(done) {
      done(null, rest);
    },
  });
}
