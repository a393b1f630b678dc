// S3, composed: a bucket for each that triggers use.
import { bucketName } from '../../manifest/derived-names.ts';
import { storageLimits } from '../aws-api/aws-limits.ts';
import { Storage } from '../aws-api/storage.ts';
import type { CloudSource } from '../triggers/cloud-source.ts';
import { existing } from '../triggers/resources.ts';
import { Bucket } from './bucket.ts';
import { BucketApi } from './bucket-api.ts';

type Objects = Bucket['objects'];

export const s3: CloudSource<'s3'> = {
  identify({ bucket_arn, bucket_name }, { functionName, prefix }) {
    if (bucket_arn !== undefined) return existing(bucket_arn, ':');
    const name = bucketName(bucket_name ?? functionName, prefix);
    return { name, arn: `arn:aws:s3:::${name}` };
  },
  target: ({ events, filter_prefix, filter_suffix }, { resource }) => ({
    bucket: resource.name,
    filter_prefix,
    filter_suffix,
    events,
  }),
  allow: () => [{ actions: ['s3:*'], resources: ['*'] }],
  create(resources, options) {
    const objects = new Storage(storageLimits.objectBytes);
    const buckets = resources.map((each) => new Bucket(each, objects, options.kept.take<Objects>(each.arn)));
    return {
      api: { name: 's3', service: new BucketApi({ ...options, buckets }) },
      close: () => undefined,
      keep(kept) {
        for (const bucket of buckets) kept.keep(bucket.arn, bucket.objects);
      },
    };
  },
};
