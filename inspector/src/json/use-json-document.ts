// Inspector page: reads a JSON text a little at a time, so that the page keeps answering.
import { useEffect, useState } from 'preact/hooks';
import { type JsonDocument, NotJsonError } from './json-document.ts';
import { JsonParser } from './json-parser.ts';

export interface ReadJson {
  readonly document?: JsonDocument;
  /** The text is not JSON. */
  readonly problem?: NotJsonError;
  /** From 0 to 1. */
  readonly progress: number;
}

/** Less than a frame. */
const sliceMs = 10;
const tokensAtOnce = 5000;

export function useJsonDocument(text: string, mayBeCut: boolean): ReadJson {
  const [read, setRead] = useState<ReadJson & { of?: string }>({ progress: 0 });
  useEffect(() => {
    const parser = new JsonParser(text, mayBeCut);
    const { port1, port2 } = new MessageChannel();
    let shownProgress = 0;
    const slice = () => {
      const until = performance.now() + sliceMs;
      try {
        do {
          if (!parser.step(tokensAtOnce)) continue;
          setRead({ of: text, document: parser.document, progress: 1 });
          return;
        } while (performance.now() < until);
      } catch (error) {
        if (!(error instanceof NotJsonError)) throw error;
        setRead({ of: text, problem: error, progress: 1 });
        return;
      }
      if (parser.progress - shownProgress > 0.05) {
        shownProgress = parser.progress;
        setRead({ of: text, progress: shownProgress });
      }
      // Unlike setTimeout, it does not wait.
      port2.postMessage(undefined);
    };
    port1.onmessage = slice;
    slice();
    return () => port1.close();
  }, [text, mayBeCut]);
  return read.of === text ? read : { progress: 0 };
}
