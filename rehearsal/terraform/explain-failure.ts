import { CliError, EXIT, type CliErrorParts } from '@lornu/ops/base/cli-error.ts';
import type { Diagnostic } from '@lornu/ops/terraform/terraform-events.ts';

/** AWS's message. https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
const DENIED = /User: (\S+) is not authorized to perform: (\S+?)(?: on resource: (\S+))? (?:because|with)/;
const VARIABLE = /Invalid value for (input )?variable/i;

/** A failed Terraform run as what, why, next: its first error completely, the others counted. */
export function explainFailure(
  what: string,
  diagnostics: readonly Diagnostic[],
  output: readonly string[],
): CliError {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  // A refused value causes further errors, such as a range from which no subnet can be cut.
  const first = errors.find(({ summary }) => VARIABLE.test(summary)) ?? errors[0];
  if (!first) {
    return new CliError({
      what,
      why: 'Terraform ended without saying why.',
      next: 'Read the lines above; TF_LOG=debug prints more.',
      output,
    });
  }
  const place = first.range ? ` (${first.range.filename}:${first.range.start.line})` : '';
  const more = errors.length > 1 ? ` ${errors.length - 1} more of the kind followed.` : '';
  return new CliError({
    what,
    why: `${sentence(first.summary)} ${oneLine(first.detail ?? '')}${place}${more}`.replace(/ {2,}/g, ' '),
    ...nextStep(first),
  });
}

/** Who must act: the person who gave a value, the owner of the machine, or the author of the files. */
function nextStep(diagnostic: Diagnostic): Pick<CliErrorParts, 'next' | 'exitCode'> {
  const { summary, detail = '' } = diagnostic;
  if (VARIABLE.test(summary)) {
    return { next: 'Give a valid value with --var name=value or --var-file.', exitCode: EXIT.usage };
  }
  if (/No value for required variable/i.test(summary)) {
    return { next: 'Give the variable with --var name=value or --var-file.', exitCode: EXIT.usage };
  }
  if (/undeclared variable|Variables? not declared/i.test(summary)) {
    return {
      next: 'Look for the name in variables.tf and variables_access.tf of the stack.',
      exitCode: EXIT.usage,
    };
  }
  if (/registry|Failed to query available provider packages|install provider/i.test(`${summary} ${detail}`)) {
    return {
      next: 'Check the network, or build the provider here: --provider built.',
      exitCode: EXIT.machine,
    };
  }
  if (/not been implemented|deserialization failed|StatusCode: 5\d\d|NotImplemented/i.test(detail)) {
    return {
      next: 'AWS knows this call and the emulator does not: add it in rehearsal/aws/extensions (README.md there).',
    };
  }
  const denied = DENIED.exec(detail);
  if (denied) {
    const [, who = '', action, resource] = denied;
    return {
      next: `Allow ${action}${resource ? ` on ${resource}` : ''} to ${who.split('/').at(-2) ?? who} in terraform/aws/bootstrap, if it is to have it.`,
    };
  }
  if (/connection refused|no such host|proxyconnect/i.test(detail)) {
    return {
      next: 'The provider called a service that has no endpoint here: add the resource to ops/aws-resources/resource-types.ts.',
    };
  }
  return { next: 'Fix the files where the line above points, then run the same command again.' };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function sentence(text: string): string {
  return /[.!?:]$/.test(text) ? text : `${text}.`;
}
