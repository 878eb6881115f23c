import { z } from 'zod';

const SIDES = z.looseObject({
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  before_sensitive: z.unknown().optional(),
  after_sensitive: z.unknown().optional(),
});
const PLAN = z.looseObject({
  variables: z.record(z.string(), z.looseObject({ value: z.unknown() })).default({}),
  configuration: z
    .looseObject({
      root_module: z
        .looseObject({
          variables: z
            .record(z.string(), z.looseObject({ sensitive: z.boolean().default(false) }))
            .default({}),
        })
        .default({ variables: {} }),
    })
    .default({ root_module: { variables: {} } }),
  resource_changes: z.array(z.looseObject({ address: z.string(), change: SIDES })).default([]),
  resource_drift: z.array(z.looseObject({ address: z.string(), change: SIDES })).default([]),
  output_changes: z.record(z.string(), SIDES).default({}),
});

/**
 * Places in a shown plan (`terraform show -json`) of values that Terraform or its provider calls sensitive: the JSON
 * and the plan file contain them in clear text. https://developer.hashicorp.com/terraform/internals/json-format
 */
export function findSecrets(shown: unknown): string[] {
  const plan = PLAN.parse(shown);
  const variables = Object.entries(plan.configuration.root_module.variables).flatMap(
    ([name, { sensitive }]) => (sensitive && holdsValue(plan.variables[name]?.value) ? [`var.${name}`] : []),
  );
  const changes = [...plan.resource_changes, ...plan.resource_drift].flatMap(({ address, change }) =>
    ofBothSides(address, change),
  );
  const outputs = Object.entries(plan.output_changes).flatMap(([name, change]) =>
    ofBothSides(`output.${name}`, change),
  );
  return [...new Set([...variables, ...changes, ...outputs])];
}

function ofBothSides(address: string, change: z.infer<typeof SIDES>): string[] {
  return [
    ...sensitivePaths(change.before, change.before_sensitive, address),
    ...sensitivePaths(change.after, change.after_sensitive, address),
  ];
}

/** The marks mirror the value's structure, with true where a value, or everything below it, is sensitive. */
function sensitivePaths(value: unknown, marks: unknown, path: string): string[] {
  if (marks === true) return holdsValue(value) ? [path] : [];
  if (typeof marks !== 'object' || marks === null || typeof value !== 'object' || value === null) return [];
  return Object.entries(marks).flatMap(([key, mark]) =>
    sensitivePaths((value as Record<string, unknown>)[key], mark, `${path}.${key}`),
  );
}

function holdsValue(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return false;
  return typeof value !== 'object' || Object.values(value).some(holdsValue);
}
