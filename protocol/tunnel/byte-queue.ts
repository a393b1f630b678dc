// Bytes of a stream by their offset, from the first that is still needed: what is sent and not acknowledged, or not read yet.

/** 4 MB are 256 blocks; 256 streams with one each are 4 MB. */
const blockBytes = 16 * 1024;

/** Copies of bytes in blocks of one size, so that memory is what they take, in whatever pieces they came. */
export class ByteQueue {
  readonly #blocks: (Buffer | undefined)[] = [];
  /** The offset of the first block. */
  #base = 0;

  /** Copies bytes to an offset that is not below the last {@link dropBefore}. */
  write(offset: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const at = offset + done - this.#base;
      const index = Math.floor(at / blockBytes);
      const inBlock = at % blockBytes;
      let block = this.#blocks[index];
      if (block === undefined) {
        block = Buffer.allocUnsafeSlow(blockBytes);
        while (this.#blocks.length < index) this.#blocks.push(undefined);
        this.#blocks[index] = block;
      }
      const length = Math.min(bytes.length - done, blockBytes - inBlock);
      block.set(bytes.subarray(done, done + length), inBlock);
      done += length;
    }
  }

  /** Copies the bytes from `start` to `end`, which have been written, into `target`. */
  copyTo(target: Buffer, targetAt: number, start: number, end: number): void {
    for (let from = start; from < end; ) {
      const at = from - this.#base;
      const inBlock = at % blockBytes;
      const length = Math.min(end - from, blockBytes - inBlock);
      const block = this.#blocks[Math.floor(at / blockBytes)] as Buffer;
      block.copy(target, targetAt + from - start, inBlock, inBlock + length);
      from += length;
    }
  }

  /** Frees what is below `offset`; all of it if that is where the bytes end. */
  dropBefore(offset: number, isAll: boolean): void {
    const count = Math.floor((offset - this.#base) / blockBytes);
    if (count > 0) {
      this.#blocks.splice(0, count);
      this.#base += count * blockBytes;
    }
    if (isAll) this.#blocks.length = 0;
  }

  /** Memory in use, in bytes. */
  get size(): number {
    return this.#blocks.filter((block) => block !== undefined).length * blockBytes;
  }
}
