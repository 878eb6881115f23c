import { matches } from '@lornu/rehearsal/iam/actions.ts';
import type { Reader } from '../plan/reader.ts';
import type { Must } from './check.ts';

/** What one statement of a policy may allow. Everything is compared as sets; anything else is a problem. */
export interface Grant {
  effect?: 'Allow' | 'Deny';
  actions: readonly string[];
  /** Resources; left out in trust policies, which have none. */
  on?: readonly string[];
  /** "Service ecs-tasks.amazonaws.com", "AWS *"; left out in policies of roles. */
  to?: readonly string[];
  /** "StringEquals aws:SourceAccount 123456789012"; several values are joined by a comma. */
  when?: readonly string[];
}

/** A policy must grant exactly this: a missing, extra or wider statement is a problem. */
export function mustGrant(must: Must, who: string, policy: Reader, grants: readonly Grant[]): void {
  must(
    policy.text('Version') === '2012-10-17',
    `${who}: an older policy language knows no policy variables.`,
  );
  const wanted = new Set(grants.map(sayGrant));
  const found = statementsOf(policy).map((statement) => sayStatement(statement));
  for (const statement of found) {
    if (!wanted.has(statement)) must(false, `${who} says what nothing asks for: ${statement}`);
  }
  for (const grant of wanted) {
    must(found.includes(grant), `${who} lacks: ${grant}`);
  }
}

/** The statements of a policy; a single one need not be a list. */
export function statementsOf(policy: Reader): Reader[] {
  return policy.blocks('Statement');
}

export function effectOf(statement: Reader): string {
  return statement.text('Effect');
}

/** Conditions as "StringEquals aws:SourceAccount 123456789012". */
export function conditionsOf(statement: Reader): string[] {
  return statement.keys('Condition').flatMap((operator) =>
    statement.keys(`Condition.${operator}`).map((variable) => {
      const [block] = statement.blocks(`Condition.${operator}`);
      // Names of variables contain dots (token.actions.githubusercontent.com:aud), so they are not paths.
      const values = block?.textsOf(variable) ?? [];
      return `${operator} ${variable} ${values.join(',')}`;
    }),
  );
}

/** Principals as "Service ecs-tasks.amazonaws.com"; "AWS *" is everybody. */
export function principalsOf(statement: Reader): string[] {
  if (!statement.has('Principal')) return [];
  if (statement.keys('Principal').length === 0 || statement.isText('Principal')) {
    return statement.texts('Principal').map((name) => `AWS ${name}`);
  }
  return statement
    .keys('Principal')
    .flatMap((kind) => statement.texts(`Principal.${kind}`).map((name) => `${kind} ${name}`));
}

/** A statement as text; with `actions`, limited to these. */
export function sayStatement(statement: Reader, actions?: readonly string[]): string {
  // A statement with NotAction, NotResource or NotPrincipal allows whatever it does not name.
  const exceptions = ['NotAction', 'NotResource', 'NotPrincipal'].filter((name) => statement.has(name));
  return [
    say({
      effect: effectOf(statement) as 'Allow' | 'Deny',
      actions: actions ?? statement.texts('Action'),
      on: statement.has('Resource') ? statement.texts('Resource') : [],
      to: principalsOf(statement),
      when: conditionsOf(statement),
    }),
    ...exceptions,
  ].join(' ');
}

/** A grant in the same form. */
export function sayGrant(grant: Grant): string {
  return say({ effect: 'Allow', ...grant });
}

function say({ effect = 'Allow', actions, on = [], to = [], when = [] }: Grant): string {
  const parts = [effect, actions.toSorted().join(' ')];
  if (on.length > 0) parts.push(`on ${on.toSorted().join(' ')}`);
  if (to.length > 0) parts.push(`to ${to.toSorted().join(' ')}`);
  if (when.length > 0) parts.push(`when ${when.toSorted().join('; ')}`);
  return parts.join(' ');
}

/** Whether `outer` matches every text that `inner` matches; both are IAM patterns. */
export function contains(outer: string, inner: string): boolean {
  return outer === inner || matches(outer, inner.replaceAll('*', '\u0000'));
}
