import { parse } from 'yaml';
import { z } from 'zod';

const TEXTS = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String));

const STEP = z.strictObject({
  name: z.string().optional(),
  id: z.string().optional(),
  if: z.string().optional(),
  uses: z.string().optional(),
  with: TEXTS.optional(),
  run: z.string().optional(),
  'timeout-minutes': z.number().optional(),
  env: TEXTS.optional(),
});

const JOB = z.strictObject({
  name: z.string(),
  needs: z
    .union([z.string(), z.array(z.string())])
    .transform((needs) => [needs].flat())
    .default([]),
  if: z.string().optional(),
  environment: z.string().optional(),
  'runs-on': z.string(),
  'timeout-minutes': z.number().optional(),
  permissions: z.union([z.string(), TEXTS]).optional(),
  outputs: TEXTS.optional(),
  env: TEXTS.optional(),
  steps: z.array(STEP).min(1),
});

/** Strict on purpose: an unknown key would be neither examined nor rehearsed, so it is refused. */
const WORKFLOW = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: z.union([z.string(), TEXTS]).optional(),
  concurrency: z.strictObject({
    group: z.string(),
    'cancel-in-progress': z.union([z.string(), z.boolean()]).transform(String),
  }),
  env: TEXTS.default({}),
  jobs: z.record(z.string(), JOB),
});

export type Workflow = z.infer<typeof WORKFLOW>;
export type Job = z.infer<typeof JOB>;
export type WorkflowStep = z.infer<typeof STEP>;

/** Parses the parts of GitHub's workflow syntax that ours uses; throws for invalid YAML or anything else. */
export function parseWorkflow(text: string): Workflow {
  return WORKFLOW.parse(parse(text));
}
