// S3: bodies that SDKs send in chunks, signed or unsigned, followed by a checksum (content encoding `aws-chunked`).
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html

/** The content without its chunks; signatures and checksums are not checked. Undefined for content that is not chunked. */
export function decodeAwsChunked(body: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = body.indexOf('\r\n', at);
    const [, hex] = /^([0-9a-fA-F]{1,8})(;|$)/.exec(body.toString('latin1', at, end)) ?? [];
    if (end < 0 || hex === undefined) return undefined;
    const size = Number.parseInt(hex, 16);
    if (size === 0) return Buffer.concat(parts);
    at = end + 2;
    if (at + size + 2 > body.length) return undefined;
    parts.push(body.subarray(at, at + size));
    at += size + 2;
  }
}
