import type { Reader } from '../../plan/reader.ts';
import type { StackView } from '../../plan/view.ts';
import type { Checks } from '../check.ts';
import { NAME, accountOf, regionOf } from '../facts.ts';
import { mustGrant } from '../policy.ts';

export const buckets: Checks = {
  // Names of buckets are the whole world's; the apply role may touch lornu-staging-* alone.
  'storage/bucket-names': ({ staging }, must) => {
    const account = accountOf(staging);
    for (const bucket of staging.ofType('aws_s3_bucket')) {
      const what = nameOf(bucket).replaceAll('_', '-');
      must(bucket.text('bucket') === `${NAME}-${what}-${account}`, `${bucket.address} has another name.`);
      must(
        bucket.flag('force_destroy') === staging.input('force_destroy').flag('value'),
        `${bucket.address} can be destroyed with what lies in it.`,
      );
    }
  },
  // One forgotten policy or list of rights makes a bucket public.
  'storage/buckets-closed': ({ staging }, must) => {
    for (const bucket of staging.ofType('aws_s3_bucket')) {
      const block = partOf(staging, 'aws_s3_bucket_public_access_block', bucket);
      for (const name of [
        'block_public_acls',
        'block_public_policy',
        'ignore_public_acls',
        'restrict_public_buckets',
      ]) {
        must(block.flag(name), `${bucket.address} can become public: ${name}.`);
      }
    }
    const rule = partOf(
      staging,
      'aws_s3_bucket_ownership_controls',
      staging.one('aws_s3_bucket.access_logs'),
    );
    must(
      rule.text('rule.0.object_ownership') === 'BucketOwnerEnforced',
      'ACLs count: the writer of an object owns it.',
    );
  },
  // The load balancer writes and reads buckets with S3's own keys only.
  'storage/buckets-encrypted': ({ staging }, must) => {
    for (const bucket of staging.ofType('aws_s3_bucket')) {
      const encryption = partOf(staging, 'aws_s3_bucket_server_side_encryption_configuration', bucket);
      const algorithm = encryption.text('rule.0.apply_server_side_encryption_by_default.0.sse_algorithm');
      must(
        algorithm === 'AES256',
        `${bucket.address} is encrypted with ${algorithm}: the load balancer is refused.`,
      );
    }
  },
  // What is overwritten, by mistake or to hide it, is still there.
  'storage/buckets-versioned': ({ staging }, must) => {
    for (const bucket of staging.ofType('aws_s3_bucket')) {
      const versions = partOf(staging, 'aws_s3_bucket_versioning', bucket);
      must(
        versions.text('versioning_configuration.0.status') === 'Enabled',
        `${bucket.address} keeps no versions.`,
      );
    }
  },
  // Addresses of people are kept as long as they are needed, not longer.
  'storage/access-logs-expire': ({ staging }, must) => {
    const lifecycle = partOf(
      staging,
      'aws_s3_bucket_lifecycle_configuration',
      staging.one('aws_s3_bucket.access_logs'),
    );
    const rule = lifecycle.block('rule');
    must(rule.text('status') === 'Enabled', 'Access logs are kept for ever.');
    must(rule.text('id') === 'expire', 'The rule has lost its name.');
    const days = rule.number('expiration.0.days');
    must(days >= 30 && days <= 90, `Access logs are kept for ${days} days, not for one to three months.`);
    const old = rule.number('noncurrent_version_expiration.0.noncurrent_days');
    must(old >= 1 && old <= 30, 'What has expired stays as an old version.');
    const parts = rule.number('abort_incomplete_multipart_upload.0.days_after_initiation');
    must(parts >= 1 && parts <= 7, 'Parts of failed uploads are paid for.');
    must(!rule.has('filter.0.prefix') && !rule.has('filter.0.tag'), 'Some of the logs never expire.');
    must(
      staging
        .dependsOn('aws_s3_bucket_lifecycle_configuration.access_logs')
        .includes('aws_s3_bucket_versioning.access_logs'),
      'Rules on old versions are set before there are versions.',
    );
  },
  // Only our load balancer may write, nobody without TLS may do anything.
  'storage/access-logs-policy': ({ staging }, must) => {
    const bucket = staging.one('aws_s3_bucket.access_logs');
    const arn = bucket.text('arn');
    const account = accountOf(staging);
    const balancer = staging.one('aws_lb.staging').text('name');
    mustGrant(
      must,
      'The bucket of access logs',
      partOf(staging, 'aws_s3_bucket_policy', bucket).json('policy'),
      [
        {
          actions: ['s3:PutObject'],
          on: [`${arn}/${staging.one('aws_lb.staging').text('access_logs.0.prefix')}/AWSLogs/${account}/*`],
          to: ['Service logdelivery.elasticloadbalancing.amazonaws.com'],
          when: [
            `ArnLike aws:SourceArn arn:aws:elasticloadbalancing:${regionOf(staging)}:${account}:loadbalancer/app/${balancer}/*`,
          ],
        },
        {
          effect: 'Deny',
          actions: ['s3:*'],
          on: [arn, `${arn}/*`],
          to: ['AWS *'],
          when: ['Bool aws:SecureTransport false'],
        },
      ],
    );
    must(
      staging
        .dependsOn('aws_s3_bucket_policy.access_logs')
        .includes('aws_s3_bucket_public_access_block.access_logs'),
      'Policy and block are set at once: S3 refuses one of them now and then.',
    );
  },
  // Who can exchange the authorities decides who is a peer.
  'storage/peer-authorities-bucket': ({ staging }, must) => {
    if (!staging.input('mutual_tls').has('value')) return;
    const object = staging.one('aws_s3_object.peer_authorities["staging"]');
    must(
      object.text('bucket') === staging.id('aws_s3_bucket.peer_authorities["staging"]'),
      'The authorities lie in another bucket.',
    );
  },
};

/** aws_s3_bucket.access_logs: access_logs */
function nameOf(bucket: Reader): string {
  return bucket.address.split(/[.[]/)[1] ?? '';
}

/** The bucket's setting of this type. */
function partOf(staging: StackView, type: string, bucket: Reader): Reader {
  const id = bucket.text('id');
  const found = staging.ofType(type).find((one) => one.text('bucket') === id);
  // Requested by name, so that a missing one is reported.
  return found ?? staging.one(`${type} of ${bucket.address}`);
}
