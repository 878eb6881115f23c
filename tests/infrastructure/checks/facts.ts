import type { StackView } from '../plan/view.ts';

/** What stands before the names of everything in staging. */
export const NAME = 'lornu-staging';

/** The account that a stack is planned in, from a role that it makes. */
export function accountOf(stack: StackView): string {
  const [role] = stack.ofType('aws_iam_role');
  return role?.text('arn').split(':')[4] ?? '';
}

/** The region as the person gave it. */
export function regionOf(stack: StackView): string {
  return stack.input('region').text('value');
}

/** A text within a variable that is an object; what is optional in it stands in the plan only where it was given. */
export function inputText(stack: StackView, name: string, path: string, byDefault: string): string {
  const input = stack.input(name);
  return input.has(`value.${path}`) ? input.text(`value.${path}`) : byDefault;
}

/** Whom tokens are trusted from: the issuer and its keys. */
export function tokenIssuer(stack: StackView): { issuer: string; keys: string; audience: string } {
  return {
    issuer: inputText(stack, 'jwt', 'issuer', 'https://accounts.google.com'),
    keys: inputText(stack, 'jwt', 'jwks_endpoint', 'https://www.googleapis.com/oauth2/v3/certs'),
    audience:
      inputText(stack, 'jwt', 'audience', '') || `https://${stack.input('domain_name').text('value')}`,
  };
}

/** The same things in any order. */
export function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.toSorted().join('\n') === b.toSorted().join('\n');
}

/** "a, b" for a sentence. */
export function list(items: readonly string[]): string {
  return items.length > 0 ? items.join(', ') : 'none';
}
