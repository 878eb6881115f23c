import type { Command } from 'commander';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { planCost } from '@lornu/ops/delivery/cost/plan-cost.ts';
import { renderCost } from '@lornu/ops/delivery/summary/render-summary.ts';
import { dirOption, inDelivery } from './options.ts';

const HELP = `
Example:
  ./lornu plan && ./lornu cost     what the environment costs a month before and after that plan

Computed from the plan with a dated table of list prices (ops/aws-resources/resource-types.ts). It names what it leaves out;
the bill is AWS's.
Exit codes: 0 priced, 1 there is no plan to price, 2 usage.
`;

export function define(command: Command, context: CliContext): void {
  command
    .addOption(dirOption())
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async ({ dir, json }: { dir: string; json?: boolean }) => {
      const cost = await inDelivery(dir, context, planCost);
      context.stdout(json ? `${JSON.stringify(cost, null, 2)}\n` : `${renderCost(cost)}\n`);
    });
}
