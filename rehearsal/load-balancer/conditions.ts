import type { Condition, Rule } from './balancer.ts';
import { quote, toRegex } from './patterns.ts';

/**
 * The ACLs of a rule and their names; all of them must match.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
 */
export function ruleAcls(rule: Rule): { lines: string[]; names: string[] } {
  const names = rule.conditions.map((_, index) => `rule_${rule.priority}_${index}`);
  const lines = rule.conditions.map((condition, index) => `acl ${names[index]} ${criterion(condition)}`);
  return { lines, names };
}

function criterion(condition: Condition): string {
  const patterns = (): string => condition.values.map((value) => quote(toRegex(value))).join(' ');
  switch (condition.field) {
    case 'path-pattern':
      // Case-sensitive, and without the query.
      return `path -m reg ${patterns()}`;
    case 'host-header':
      return `req.hdr(host),field(1,:) -m reg -i ${patterns()}`;
    case 'http-header':
      // The whole header, because HAProxy would split its value at commas.
      return `req.fhdr(${condition.name}) -m reg -i ${patterns()}`;
    case 'http-request-method':
      return `method ${condition.values.join(' ')}`;
    case 'source-ip':
      return `src ${condition.values.join(' ')}`;
  }
}
