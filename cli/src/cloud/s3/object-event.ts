// S3: the event that a function receives about an object.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
import { createHash } from 'node:crypto';
import { region } from '../aws-api/access.ts';

/** What happened to an object. */
export interface Happening {
  readonly name: 'ObjectCreated:Put' | 'ObjectCreated:Copy' | 'ObjectRemoved:Delete';
  readonly bucket: { readonly name: string; readonly arn: string };
  readonly key: string;
  /** For a created object. */
  readonly content: { readonly size: number; readonly eTag: string } | undefined;
  readonly time: number;
  /** Who did it, by unique id, and from where. */
  readonly principalId: string;
  readonly sourceIp: string;
  readonly requestId: string;
  readonly extendedRequestId: string;
  /** Orders the events of one key. */
  readonly sequencer: string;
}

export function objectEvent(happening: Happening, functionName: string) {
  const { bucket, key, content } = happening;
  return {
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: region,
        eventTime: new Date(happening.time).toISOString(),
        eventName: happening.name,
        userIdentity: { principalId: `AWS:${happening.principalId}` },
        requestParameters: { sourceIPAddress: happening.sourceIp },
        responseElements: {
          'x-amz-request-id': happening.requestId,
          'x-amz-id-2': happening.extendedRequestId,
        },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: `live-debug-${functionName}`,
          bucket: {
            name: bucket.name,
            ownerIdentity: { principalId: ownerOf(bucket.name) },
            arn: bucket.arn,
          },
          object: { key: encodeKey(key), ...content, sequencer: happening.sequencer },
        },
      },
    ],
  };
}

/** URL-encoded as in a form: "red flower.jpg" is "red+flower.jpg"; slashes stay. */
function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/');
}

function ownerOf(bucket: string): string {
  return `A${createHash('sha256').update(bucket).digest('hex').slice(0, 13).toUpperCase()}`;
}
