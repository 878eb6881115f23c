import {
  getDenialReasons,
  getGrantReasons,
  runSimulation,
  type RequestAnalysis,
} from '@cloud-copilot/iam-simulate';
import { ACCOUNT_ID } from '../emulator/credentials.ts';
import { matches } from './actions.ts';
import { needsOf } from './needs.ts';
import type { Decision, NamedPolicy, Need, Principal, Question } from './question.ts';

/** A statement of an identity policy that a call needed. */
export interface Use {
  role: string;
  policy: string;
  sid: string;
  action: string;
  /** No other statement would have allowed it: without this one the call is denied. */
  alone: boolean;
}

/**
 * Condition keys that the evaluator ignores because it does not know them: the two common keys of GitHub's tokens, and
 * the encryption context of KMS. They are decided under known names instead, one for each.
 */
const UNKNOWN_KEYS = /(token\.actions\.githubusercontent\.com|kms:EncryptionContext):([\w:-]+)/g;

function withKnownKeys(text: string): string {
  return text.replaceAll(UNKNOWN_KEYS, (_, of: string, name: string) => {
    const kind = of.startsWith('kms') ? 'encryption-context' : 'github';
    return `aws:PrincipalTag/${kind}-${name.replaceAll(':', '-')}`;
  });
}

/** For a key that is being created or does not exist: the account's policies decide, then KMS reports it. https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html */
const KEY_DEFAULT = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT_ID}:root` },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
});

type Statement = Record<string, unknown>;
interface Policy {
  name: string;
  policy: { Version: string; Statement: Statement[] };
}

/** Decides calls by the policies of the account, and records which statements they needed. */
export class Decider {
  readonly #uses = new Map<string, Use>();
  readonly #known = new Map<string, Promise<Verdict>>();
  readonly #parsed = new Map<string, Policy['policy']>();

  async decide(question: Question): Promise<Decision> {
    const uses: Use[] = [];
    for (const need of await needsOf(question)) {
      const { principal } = question;
      const who = need.as ? { arn: need.as, policies: [] } : principal;
      const verdict = await this.#verdict(who, need, question);
      if (!verdict.allowed) return refusal(who, need, verdict, question.operation);
      if (who.roleArn) {
        const alone = verdict.statements.length === 1;
        for (const { policy, sid } of verdict.statements)
          uses.push({ role: who.roleArn.split('/').at(-1) ?? '', policy, sid, action: need.action, alone });
      }
    }
    // A call that is refused in the end needed no statement.
    for (const use of uses) this.#uses.set(JSON.stringify(use), use);
    return { allowed: true };
  }

  /** Whether the trust policy of a role allows this principal to assume it by this operation. */
  async trusts(question: Question, role: string): Promise<boolean> {
    const need = { action: question.operation, resource: role, context: question.context };
    const verdict = await this.#verdict(question.principal, need, question);
    return verdict.allowed;
  }

  /** All statements that were needed so far. */
  uses(): Use[] {
    return [...this.#uses.values()];
  }

  async #verdict(principal: Principal, need: Need, { state, account }: Question): Promise<Verdict> {
    const own =
      state.resourcePolicies[policyHolder(need.resource)] ??
      (need.resource.includes(':key/') ? KEY_DEFAULT : undefined);
    const key = JSON.stringify([principal, need.action, need.resource, need.context, own]);
    const known = this.#known.get(key) ?? this.#simulate(principal, need, own, account);
    this.#known.set(key, known);
    return known;
  }

  async #simulate(
    principal: Principal,
    need: Need,
    resourcePolicy: string | undefined,
    account: string,
  ): Promise<Verdict> {
    const policies = principal.policies.map((policy) => this.#parse(policy, need.action));
    const result = await runSimulation(
      {
        request: {
          principal: principal.arn,
          action: need.action,
          resource: { resource: need.resource, accountId: account },
          contextVariables: Object.fromEntries(
            Object.entries({ ...callerKeys(principal, account), ...need.context }).map(([name, value]) => [
              withKnownKeys(name),
              value,
            ]),
          ),
        },
        identityPolicies: policies.filter(({ policy }) => policy.Statement.length > 0),
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        ...(resourcePolicy
          ? {
              resourcePolicy: this.#parse({ name: 'resource', document: resourcePolicy }, need.action).policy,
            }
          : {}),
        ...(principal.session ? { sessionPolicy: this.#parse(principal.session).policy } : {}),
        ...(principal.endpoint ? { vpcEndpointPolicies: [this.#parse(principal.endpoint)] } : {}),
        ...(principal.boundary ? { permissionBoundaryPolicies: [this.#parse(principal.boundary)] } : {}),
      },
      {},
    );
    if (result.resultType === 'error')
      throw new Error(`${need.action} on ${need.resource}: ${JSON.stringify(result.errors)}`);
    const analyses =
      result.resultType === 'single'
        ? [result.result.analysis]
        : result.results.map(({ analysis }) => analysis);
    const [analysis] = analyses;
    if (result.overallResult !== 'Allowed') return { allowed: false, why: why(analysis) };
    const statements = (analysis ? getGrantReasons(analysis) : []).flatMap((grant) =>
      grant.policyType === 'identity'
        ? [{ policy: grant.policyIdentifier, sid: grant.statementId ?? String(grant.statementIndex) }]
        : [],
    );
    return { allowed: true, statements };
  }

  /** Most statements are about other actions and change nothing. */
  #parse({ name, document }: NamedPolicy, action?: string): Policy {
    const parsed = this.#parsed.get(document) ?? normalise(JSON.parse(withKnownKeys(document)));
    this.#parsed.set(document, parsed);
    const Statement = action
      ? parsed.Statement.filter((statement) => mayConcern(statement, action))
      : parsed.Statement;
    return { name, policy: { ...parsed, Statement } };
  }
}

type Verdict =
  | { allowed: true; statements: { policy: string; sid: string }[] }
  | { allowed: false; why: string };

function normalise(document: { Version?: string; Statement?: Statement | Statement[] }): Policy['policy'] {
  return { Version: document.Version ?? '2012-10-17', Statement: [document.Statement ?? []].flat() };
}

function mayConcern(statement: Statement, action: string): boolean {
  if (statement['NotAction'] !== undefined) return true;
  return [statement['Action'] as string | string[]].flat().some((pattern) => matches(pattern, action));
}

function callerKeys({ arn, roleArn }: Principal, account: string): Record<string, string> {
  if (!arn.startsWith('arn:'))
    return { 'aws:PrincipalIsAWSService': 'true', 'aws:PrincipalServiceName': arn };
  return {
    'aws:PrincipalArn': roleArn ?? arn,
    'aws:PrincipalAccount': account,
    'aws:SecureTransport': 'true',
  };
}

/** The bucket's policy applies to its objects; log streams, versions and others have none. */
function policyHolder(resource: string): string {
  return resource.startsWith('arn:aws:s3:::') ? (resource.split('/')[0] ?? resource) : resource;
}

/** In AWS's words. https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
function why(analysis: RequestAnalysis | undefined): string {
  // The evaluator's reasons leave out the session's policy.
  const reasons = [
    ...(analysis ? getDenialReasons(analysis) : []),
    ...(analysis?.sessionAnalysis && analysis.sessionAnalysis.result !== 'Allowed'
      ? [{ policyType: 'session', denialType: analysis.sessionAnalysis.result.replace('lyDenied', '') }]
      : []),
  ];
  const reason = reasons.find(({ denialType }) => denialType === 'Explicit') ?? reasons[0];
  const kind = KINDS[reason?.policyType ?? 'identity'] ?? 'identity-based policy';
  return reason?.denialType === 'Explicit'
    ? `with an explicit deny in a${/^[aei]/.test(kind) ? 'n' : ''} ${kind}`
    : `because no ${kind} allows the`;
}

const KINDS: Readonly<Record<string, string>> = {
  identity: 'identity-based policy',
  resource: 'resource-based policy',
  pb: 'permissions boundary',
  vpce: 'VPC endpoint policy',
  session: 'session policy',
};
/** The error code of each protocol; all others use AccessDeniedException. */
const CODES: Readonly<Record<string, string>> = {
  ec2: 'UnauthorizedOperation',
  elbv2: 'AccessDenied',
  iam: 'AccessDenied',
  route53: 'AccessDenied',
  s3: 'AccessDenied',
  s3control: 'AccessDenied',
  sns: 'AuthorizationError',
  sts: 'AccessDenied',
  cloudwatch: 'AccessDenied',
};

function refusal(principal: Principal, need: Need, verdict: { why: string }, operation: string): Decision {
  const on = need.resource === '*' ? '' : ` on resource: ${need.resource}`;
  const ending = verdict.why.startsWith('because') ? `${verdict.why} ${need.action} action` : verdict.why;
  const said = `User: ${principal.arn} is not authorized to perform: ${need.action}${on} ${ending}`;
  const code = CODES[operation.split(':')[0] ?? ''] ?? 'AccessDeniedException';
  const missing = statementFor(need, said);
  if (need.refusal) return { allowed: false, ...need.refusal, missing };
  const message =
    code === 'UnauthorizedOperation' ? `You are not authorized to perform this operation. ${said}` : said;
  return { allowed: false, code, message, missing };
}

/** The statement that would allow it, to be added to a policy; printed after AWS's message. */
function statementFor({ action, resource, context }: Need, said: string): string {
  const conditions = Object.fromEntries(Object.entries(context).filter(([name]) => !name.startsWith('aws:')));
  const statement = {
    Effect: 'Allow',
    Action: action,
    Resource: resource,
    ...(Object.keys(conditions).length > 0 ? { Condition: { StringEquals: conditions } } : {}),
  };
  return `${said}. This would allow it: ${JSON.stringify(statement)}`;
}
