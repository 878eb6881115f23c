import { RESOURCE_TYPES } from '@lornu/ops/aws-resources/resource-types.ts';
import type { Reader } from '../plan/reader.ts';
import type { Checks } from './check.ts';
import { NAME } from './facts.ts';

const types = Object.entries(RESOURCE_TYPES);
/** Types that AWS lists by the tag Name: without it a person sees ids. */
const SHOWN_BY_NAME = types
  .filter(
    ([type, { service }]) => service === 'ec2' && !type.endsWith('_rule') && !type.endsWith('_association'),
  )
  .map(([type]) => type);
/** Types that have a description. */
const DESCRIBED = types.filter(([, { texts }]) => texts && 'description' in texts).map(([type]) => type);

export const tags: Checks = {
  // The bill, the drift check and a clean-up know by these what a thing is and where it is declared.
  'tags/who-pays': ({ staging, bootstrap }, must) => {
    for (const [stack, source] of [
      [staging, 'terraform/aws/staging'],
      [bootstrap, 'terraform/aws/bootstrap'],
    ] as const) {
      for (const one of stack.everything()) {
        if (!one.keys('').includes('tags_all')) continue;
        const wanted = { Project: 'lornu', Environment: 'staging', ManagedBy: 'terraform', Source: source };
        for (const [name, value] of Object.entries(wanted)) {
          must(tagOf(one, name) === value, `${one.address} does not carry ${name} = ${value}.`);
        }
      }
    }
  },
  // In a list of ids nobody finds the broken one.
  'tags/names': ({ staging }, must) => {
    const names = new Map<string, string>();
    for (const one of staging.ofType(...SHOWN_BY_NAME)) {
      const name = tagOf(one, 'Name');
      must(
        name === NAME || name.startsWith(`${NAME}-`),
        `${one.address} is named "${name}", like something else.`,
      );
      must(
        one.key === undefined || one.key === 'staging' || name.endsWith(`-${one.key}`),
        `${one.address} has the name of another one.`,
      );
      const kind = `${one.address.split('.')[0]} ${name}`;
      must(!names.has(kind), `${one.address} and ${names.get(kind)} have one name.`);
      names.set(kind, one.address);
    }
  },
  // Nobody dares to close a rule, a key or a role of which nobody knows what it was for.
  'tags/says-what-it-is-for': ({ staging, bootstrap }, must) => {
    for (const stack of [staging, bootstrap]) {
      for (const one of stack.ofType(...DESCRIBED)) {
        must(one.text('description').length >= 10, `${one.address} does not say what it is for.`);
      }
    }
    const lifecycle = bootstrap.one('aws_ecr_lifecycle_policy.agent').json('policy');
    for (const rule of lifecycle.blocks('rules')) {
      must(rule.text('description').length >= 10, 'A rule on images does not say what it is for.');
    }
  },
};

function tagOf(one: Reader, name: string): string {
  return one.has(`tags_all.${name}`) ? one.text(`tags_all.${name}`) : '';
}
