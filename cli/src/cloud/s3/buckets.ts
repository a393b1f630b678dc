// S3, put together: a bucket for each that triggers ask for.
import { storageLimits } from '../aws-api/aws-limits.ts';
import { Storage } from '../aws-api/storage.ts';
import type { SourceOptions, SourceService } from '../triggers/source-service.ts';
import { Bucket } from './bucket.ts';
import { BucketApi } from './bucket-api.ts';

export function createBuckets(options: SourceOptions): SourceService {
  const objects = new Storage(storageLimits.objectBytes);
  const buckets = options.resources.buckets.map((each) => new Bucket(each, objects));
  return { name: 's3', service: new BucketApi({ ...options, buckets }), close: () => undefined };
}
