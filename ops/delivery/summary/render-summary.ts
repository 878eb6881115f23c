import { LEFT_OUT } from '../cost/estimate.ts';
import { describeCost, type PlanCost } from '../cost/plan-cost.ts';
import type { GateVerdict, Manifest, PlanChange } from '../manifest.ts';
import { describeCounts } from '../plan/read-plan.ts';
import { objections } from '../scan/scanners.ts';

/** Most rows: more than a person reads. GitHub allows 65,536 characters per comment. */
const MOST_ROWS = 60;

/** What a reviewer reads before approving: the same text in the comment, the job's summary and on a laptop. */
export function renderSummary(manifest: Manifest, cost: PlanCost, approval: string): string {
  const { record, scan } = manifest;
  const against = objections(scan.scanners, scan.absent, []);
  const rows = record.changes.slice(0, MOST_ROWS).map(describeChange);
  const more = record.changes.length - rows.length;
  const parts = [
    `### terraform/aws/staging: ${describeCounts(record.changes)}`,
    record.purpose === 'review'
      ? 'A plan for review: it is never applied. A deploy makes its own plan, with its own image.'
      : `To approve: **\`${approval}\`**. Exactly this plan file is applied, or nothing.`,
    table([
      ['commit', `\`${record.commit}\`${record.clean ? '' : ' and **changes that are not in it**'}`],
      [
        'image',
        record.image.placeholder
          ? 'none yet: a placeholder'
          : `\`${record.image.revision}\` \`${record.image.digest}\``,
      ],
      ['gate', record.gate ? describeGate(record.gate) : 'not in this run: no image was built'],
      ['runs now', record.before ? `\`${record.before.revision}\` \`${record.before.digest}\`` : 'nothing'],
      ['state', record.state.serial === 0 ? 'none yet' : `serial ${record.state.serial}`],
      ['plan file', `\`sha256:${record.plan.sha256}\`, Terraform ${record.terraform}`],
      ['cost', describeCost(manifest.cost)],
      ['scan', against.length === 0 ? 'nothing found' : `**${against.join(' ')}**`],
    ]),
    ...(rows.length > 0 ? [rows.join('\n') + (more > 0 ? `\n- and ${more} more` : '')] : []),
    details('Scan', renderScan(manifest)),
    details('Cost', renderCost(cost)),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** One sentence on how the candidate was tested before its image was pushed. */
function describeGate({
  replayed,
  changed,
  evalCases,
  evalFailed,
  loadTurns,
  loadFailed,
}: GateVerdict): string {
  return `${replayed} recorded conversations, ${changed} led otherwise; ${evalCases} eval cases, ${evalFailed} failed; ${loadTurns} turns of load, ${loadFailed} failed`;
}

function describeChange({ address, action, attributes, drift }: PlanChange): string {
  const mark = action === 'delete' || action === 'replace' ? `**${action}**` : action;
  const which =
    attributes.length > 0
      ? `: ${attributes.slice(0, 8).join(', ')}${attributes.length > 8 ? ', ...' : ''}`
      : '';
  return `- ${mark} \`${address}\`${which}${drift ? ' (changed outside of Terraform)' : ''}`;
}

function renderScan({ scan }: Manifest): string {
  const rows = scan.scanners.map(
    ({ tool, version, target, checked, findings }) =>
      `| ${tool} ${version} | ${target} | ${checked} | ${findings.length} |`,
  );
  const findings = scan.scanners.flatMap(({ tool, findings: found }) =>
    found.map(({ id, severity, resource, title }) => `- ${tool} ${severity} ${id} \`${resource}\`: ${title}`),
  );
  const absent = scan.absent.map((tool) => `- ${tool} did not look: it is not installed here.`);
  return [
    ['| scanner | looked at | checked | findings |', '|---|---|---|---|', ...rows].join('\n'),
    [...findings, ...absent].join('\n'),
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** The estimate as Markdown; `lornu cost` prints it too. */
export function renderCost({ after, before, pricesOf, pricedRegion, region }: PlanCost): string {
  const rows = after.lines.map(({ item, how, usd }) => `| ${item} | ${how} | ${usd.toFixed(2)} |`);
  const elsewhere =
    region === pricedRegion ? '' : ` The plan is for ${region}, whose prices differ by up to a fifth.`;
  const notes = [
    ...LEFT_OUT.map((left) => `- ${left}`),
    ...after.unpriced.map((type) => `- ${type}: no price here`),
  ];
  return [
    [
      '| item | how | USD |',
      '|---|---|---|',
      ...rows,
      `| **sum** | before: ${before.usd.toFixed(2)} | **${after.usd.toFixed(2)}** |`,
    ].join('\n'),
    `A month of 730 hours, list prices of ${pricedRegion} as of ${pricesOf}, without tax.${elsewhere} Left out:`,
    notes.join('\n'),
  ].join('\n\n');
}

function table(rows: readonly (readonly [string, string])[]): string {
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
}

function details(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}
