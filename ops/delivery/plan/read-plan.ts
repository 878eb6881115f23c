import { z } from 'zod';
import { planDifferences, type Difference } from '../../terraform/plan-differences.ts';
import type { PlanChange } from '../manifest.ts';

const VARIABLE = z.looseObject({ value: z.unknown() });

/** The part of `terraform show -json` that is read; https://developer.hashicorp.com/terraform/internals/json-format */
const SHOWN_PLAN = z.looseObject({
  format_version: z.string(),
  terraform_version: z.string(),
  variables: z.record(z.string(), VARIABLE).default({}),
  resource_changes: z.array(z.looseObject({ address: z.string() })).default([]),
});

export type ShownPlan = z.infer<typeof SHOWN_PLAN>;

/** Parses Terraform's JSON plan; throws for any other document. */
export function parseShownPlan(text: string): ShownPlan {
  return SHOWN_PLAN.parse(JSON.parse(text));
}

/** The planned changes, one row per resource. */
export function readChanges(plan: ShownPlan): PlanChange[] {
  return planDifferences(plan).map((difference) => ({
    address: difference.address,
    action: toAction(difference),
    attributes: difference.attributes,
    drift: difference.drift,
  }));
}

function toAction({ actions }: Difference): PlanChange['action'] {
  if (actions.includes('create') && actions.includes('delete')) return 'replace';
  if (actions.includes('create')) return 'create';
  return actions.includes('delete') ? 'delete' : 'update';
}

/** "3 to create, 1 to replace"; "nothing to change" if there are none. */
export function describeCounts(changes: readonly Pick<PlanChange, 'action'>[]): string {
  const words = (['create', 'update', 'replace', 'delete'] as const).flatMap((action) => {
    const count = changes.filter((change) => change.action === action).length;
    return count > 0 ? [`${count} to ${action}`] : [];
  });
  return words.join(', ') || 'nothing to change';
}

/** The value of a variable of the plan. */
export function variableOf(plan: ShownPlan, name: string): unknown {
  return plan.variables[name]?.value;
}
