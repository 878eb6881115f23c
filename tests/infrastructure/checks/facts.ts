import type { Reader } from '../plan/reader.ts';
import type { StackView } from '../plan/view.ts';

/** Prefix of all names in staging. */
export const NAME = 'lornu-staging';

/** The account of a planned stack, from the ARN of a role that it creates. */
export function accountOf(stack: StackView): string {
  const [role] = stack.ofType('aws_iam_role');
  return role?.text('arn').split(':')[4] ?? '';
}

/** The region, as given. */
export function regionOf(stack: StackView): string {
  return stack.input('region').text('value');
}

/** A text in a variable that is an object; optional attributes are only in the plan if they were given. */
export function inputText(stack: StackView, name: string, path: string, byDefault: string): string {
  const input = stack.input(name);
  return input.has(`value.${path}`) ? input.text(`value.${path}`) : byDefault;
}

/** The trusted token issuer and its keys. */
export function tokenIssuer(stack: StackView): { issuer: string; keys: string; audience: string } {
  return {
    issuer: inputText(stack, 'jwt', 'issuer', 'https://accounts.google.com'),
    keys: inputText(stack, 'jwt', 'jwks_endpoint', 'https://www.googleapis.com/oauth2/v3/certs'),
    audience:
      inputText(stack, 'jwt', 'audience', '') || `https://${stack.input('domain_name').text('value')}`,
  };
}

/** The text at this path of each of them. */
export function textOfEach(readers: readonly Reader[], path: string): string[] {
  return readers.map((one) => one.text(path));
}

/** Whether both contain the same items, in any order. */
export function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.toSorted().join('\n') === b.toSorted().join('\n');
}

/** "a, b" for a sentence. */
export function list(items: readonly string[]): string {
  return items.length > 0 ? items.join(', ') : 'none';
}
