import type { Command } from 'commander';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { examine, type Finding } from '@lornu/ops/doctor/examine.ts';

const HELP = `
Examples:
  ./lornu doctor           what is here and what is missing
  ./lornu doctor --json    the same for a program

Reads only; nothing is installed. The exit code is 1 when something is missing that "up" or "test" needs.
`;

const MARK = { ok: 'ok', missing: 'NO', optional: '--' } as const;

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', HELP)
    .action(async (flags: { json?: boolean }) => {
      const findings = await examine(context);
      if (flags.json) context.stdout(`${context.redact(JSON.stringify(findings, null, 2))}\n`);
      else context.stdout(context.redact(render(findings)));
      finish(findings.some((finding) => finding.state === 'missing') ? EXIT.failed : EXIT.ok);
    });
}

function render(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map((finding) => finding.name.length));
  const lines: string[] = [];
  let group = '';
  for (const finding of findings) {
    if (finding.group !== group) lines.push(...(group ? [''] : []), finding.group);
    group = finding.group;
    const mark = MARK[finding.state];
    lines.push(`  ${mark}  ${finding.name.padEnd(width)}  ${finding.value}`);
    if (finding.next && finding.state !== 'ok')
      lines.push(`      ${' '.repeat(width)}  next: ${finding.next}`);
  }
  return `${lines.join('\n')}\n\n${conclusion(findings)}\n`;
}

/** The last line, which a person reads first. */
function conclusion(findings: readonly Finding[]): string {
  const missing = findings.filter(({ state }) => state === 'missing').map(({ name }) => name);
  return missing.length === 0
    ? 'Nothing that "up" or "test" needs is missing.'
    : `To put right: ${missing.join(', ')}. What to do stands above, after "next:".`;
}
