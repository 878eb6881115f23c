import type { Rule, Statement, WAFV2 } from '@aws-sdk/client-wafv2';

/** A web ACL's rules in their order, as far as HAProxy supports them. */
export interface Firewall {
  rules: FirewallRule[];
  /** Names of rules that are not applied, such as AWS's managed groups. */
  notActedOn: string[];
}

export interface FirewallRule {
  name: string;
  action: 'block' | 'allow';
  condition: FirewallCondition;
}

export type FirewallCondition =
  /** The limit of requests from one address, and its period in seconds. */
  | { kind: 'rate'; limit: number; windowS: number }
  | { kind: 'addresses'; ranges: string[] }
  /** The size of a part of the request in bytes. */
  | {
      kind: 'size';
      part: 'body' | 'path' | 'query';
      operator: 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';
      bytes: number;
    }
  | { kind: 'method'; method: string };

/** Reads the web ACL of a load balancer; undefined if it has none. */
export async function readFirewall(waf: WAFV2, loadBalancerArn: string): Promise<Firewall | undefined> {
  const { WebACL: acl } = await waf.getWebACLForResource({ ResourceArn: loadBalancerArn });
  if (!acl) return undefined;
  const rules = (acl.Rules ?? []).toSorted((a, b) => (a.Priority ?? 0) - (b.Priority ?? 0));
  const read = await Promise.all(
    rules.map(async (rule) => toFirewallRule(rule, async (arn) => readRanges(waf, arn))),
  );
  const found = read.filter((rule) => rule !== undefined);
  if (found.filter(({ condition }) => condition.kind === 'rate').length > MOST_RATES)
    throw new Error(`more than ${MOST_RATES} rate-based rules are not translated`);
  return {
    rules: found,
    notActedOn: rules.flatMap(({ Name = '' }, index) => (read[index] ? [] : [Name])),
  };
}

/** The number of tables in which HAProxy can count a request. */
const MOST_RATES = 3;

/** Undefined for a rule that HAProxy does not support, and for a rule that only counts, as it blocks nothing. */
export async function toFirewallRule(
  { Name: name = '', Action: action, Statement: statement }: Rule,
  rangesOf: (ipSetArn: string) => Promise<string[]>,
): Promise<FirewallRule | undefined> {
  const condition = statement && (await toCondition(statement, rangesOf));
  if (!condition || !(action?.Block ?? action?.Allow)) return undefined;
  return { name, action: action?.Block ? 'block' : 'allow', condition };
}

async function toCondition(
  statement: Statement,
  rangesOf: (ipSetArn: string) => Promise<string[]>,
): Promise<FirewallCondition | undefined> {
  const { RateBasedStatement: rate, IPSetReferenceStatement: set, SizeConstraintStatement: size } = statement;
  if (rate) {
    const isPlain = rate.AggregateKeyType === 'IP' && !rate.ScopeDownStatement;
    return isPlain
      ? { kind: 'rate', limit: rate.Limit ?? 0, windowS: rate.EvaluationWindowSec ?? 300 }
      : undefined;
  }
  if (set && !set.IPSetForwardedIPConfig) return { kind: 'addresses', ranges: await rangesOf(set.ARN ?? '') };
  if (size) {
    const { FieldToMatch: field } = size;
    const part = field?.Body ? 'body' : field?.UriPath ? 'path' : field?.QueryString ? 'query' : undefined;
    const operator = size.ComparisonOperator?.toLowerCase() as 'gt' | undefined;
    return part && operator && { kind: 'size', part, operator, bytes: size.Size ?? 0 };
  }
  const bytes = statement.ByteMatchStatement;
  if (bytes?.FieldToMatch?.Method && bytes.PositionalConstraint === 'EXACTLY' && bytes.SearchString)
    return { kind: 'method', method: Buffer.from(bytes.SearchString).toString() };
  return undefined;
}

async function readRanges(waf: WAFV2, arn: string): Promise<string[]> {
  const [, , Name = '', Id = ''] = (arn.split(':')[5] ?? '').split('/');
  const { IPSet } = await waf.getIPSet({ Name, Id, Scope: 'REGIONAL' });
  return IPSet?.Addresses ?? [];
}

/** AWS's response to a blocked request. https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-action.html */
const FORBIDDEN =
  'status 403 content-type text/html string "<html><head><title>403 Forbidden</title></head><body><center><h1>403 Forbidden</h1></center></body></html>" hdr Server awselb/2.0';

/**
 * The rules for HAProxy, for every listener, before those of the load balancer: by priority, the first match decides.
 * https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html
 */
export function firewallLines({ rules }: Firewall): string[] {
  const rates = rules.filter(({ condition }) => condition.kind === 'rate');
  return rules.flatMap((rule, index) => {
    const { action, condition } = rule;
    const { prepare, fits } = criterion(condition, index, rates.indexOf(rule));
    const when = `if !{ var(txn.allowed) -m found } ${fits}`;
    const act =
      action === 'block'
        ? `http-request return ${FORBIDDEN} ${when}`
        : `http-request set-var(txn.allowed) bool(true) ${when}`;
    return [...prepare, act];
  });
}

/** Counts per address, shared by the listeners. */
export function firewallTables({ rules }: Firewall): string[][] {
  return rules.flatMap(({ condition }, index) =>
    condition.kind === 'rate'
      ? [
          [
            `backend ${tableName(index)}`,
            `stick-table type ip size 100k expire ${condition.windowS}s store http_req_rate(${condition.windowS}s)`,
          ],
        ]
      : [],
  );
}

const SAMPLES = { body: 'req.body_size', path: 'path,length', query: 'query,length' };

function criterion(
  condition: FirewallCondition,
  index: number,
  counter: number,
): { prepare: string[]; fits: string } {
  switch (condition.kind) {
    case 'rate':
      return {
        prepare: [`http-request track-sc${counter} src table ${tableName(index)}`],
        fits: `{ src,table_http_req_rate(${tableName(index)}) gt ${condition.limit} }`,
      };
    case 'addresses':
      return { prepare: [], fits: `{ src ${condition.ranges.join(' ')} }` };
    case 'size': {
      const { part, operator, bytes } = condition;
      const [isNot, kind] = operator === 'ne' ? ['!', 'eq'] : ['', operator];
      return { prepare: [], fits: `${isNot}{ ${SAMPLES[part]} -m int ${kind} ${bytes} }` };
    }
    case 'method':
      return { prepare: [], fits: `{ method ${condition.method.toUpperCase()} }` };
  }
}

function tableName(index: number): string {
  return `firewall_${index}`;
}
