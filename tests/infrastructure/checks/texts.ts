import { RESOURCE_TYPES } from '@lornu/ops/aws-resources/resource-types.ts';
import type { Checks } from './check.ts';

/** Types whose names are not set here: a record's is a variable with its own rule, the default group's is AWS's. */
const ELSEWHERE = new Set(['aws_default_security_group', 'aws_route53_record']);
const TEXTS = [
  'alarm_description',
  'alarm_name',
  'bucket',
  'dashboard_name',
  'description',
  'family',
  'group_description',
  'name',
];

export const texts: Checks = {
  // An apostrophe in a rule of a security group ends the apply: neither the provider nor the emulator looks at it.
  'texts/as-their-services-take-them': ({ staging, bootstrap }, must) => {
    for (const stack of [staging, bootstrap]) {
      for (const [type, { texts: forms = {} }] of Object.entries(RESOURCE_TYPES)) {
        for (const [one, [path, { pattern, page }]] of stack
          .ofType(type)
          .flatMap((each) => Object.entries(forms).map((form) => [each, form] as const))) {
          if (!one.has(path)) continue;
          const text = one.text(path);
          must(pattern.test(text), `${one.address}: AWS does not take the ${path} "${text}" (${page}).`);
        }
      }
    }
  },
  // A type that nobody has looked up is a name that AWS may refuse.
  'texts/every-name-has-a-form': ({ staging, bootstrap }, must) => {
    for (const stack of [staging, bootstrap]) {
      for (const one of stack.everything()) {
        const type = one.address.split('.')[0] ?? '';
        // A setting's bucket is a reference to the bucket.
        if (ELSEWHERE.has(type) || type.startsWith('aws_s3_bucket_') || type === 'aws_s3_object') continue;
        for (const name of TEXTS) {
          if (!one.has(name)) continue;
          must(
            name in (RESOURCE_TYPES[type]?.texts ?? {}),
            `${one.address}: no form is known of its ${name}.`,
          );
        }
      }
    }
  },
};
