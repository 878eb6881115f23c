import { MODEL } from '@lornu/agents/model.ts';
import type { Reader } from '../plan/reader.ts';
import type { View } from '../plan/view.ts';
import type { Checks, Must } from './check.ts';
import { list } from './facts.ts';

type Fits = (value: Reader) => boolean;

const isOff: Fits = (one) => !one.flag('value');
const isOn: Fits = (one) => one.flag('value');
const isEmpty: Fits = (one) => !one.has('value');
const is =
  (wanted: string): Fits =>
  (one) =>
    one.text('value') === wanted;
const within =
  (from: number, to: number): Fits =>
  (one) =>
    one.number('value') >= from && one.number('value') <= to;

/** Values that need not be given, and their required defaults: safe, cheap, and as documented. */
const DEFAULTS: Readonly<Record<'staging' | 'bootstrap', Readonly<Record<string, readonly [Fits, string]>>>> =
  {
    staging: {
      agent_runtime: [is('bun'), 'the TypeScript service, which signs people in'],
      certificate_arn: [isEmpty, 'made here'],
      cpu_architecture: [is('ARM64'), 'a fifth cheaper'],
      daily_budgets_usd: [
        (one) => ['user', 'app', 'total'].every((of) => !one.has(`value.${of}`)),
        'as the service has it: no bound unasked',
      ],
      deletion_protection: [isOn, 'kept'],
      extra_environment: [isEmpty, 'nothing more'],
      failover_domain_name: [isEmpty, 'no fail-over'],
      force_destroy: [isOff, 'evidence is kept'],
      gemini_model: [is(MODEL), 'the model of the agents'],
      google_cloud_address: [isEmpty, 'no fail-over'],
      interface_endpoints: [isOff, 'not paid for unasked'],
      jwt: [
        (one) =>
          one.text('value.issuer') === 'https://accounts.google.com' &&
          one.text('value.jwks_endpoint') === 'https://www.googleapis.com/oauth2/v3/certs' &&
          !one.has('value.audience'),
        "Google's tokens, for this environment",
      ],
      monthly_budget_usd: [within(50, 500), 'noticed before it hurts'],
      mutual_tls: [isEmpty, 'closed'],
      nat_gateway_per_zone: [isOff, 'not paid for unasked'],
      operator_emails: [isEmpty, 'nobody operates unasked'],
      peer_fallback: [isOff, 'nothing of a conversation goes elsewhere unasked'],
      peer_audience: [isEmpty, "the peer's own address"],
      peer_card_keys: [isEmpty, 'cards are not signed everywhere'],
      peer_url: [isEmpty, 'no peer'],
      other_models: [isEmpty, 'nobody chooses a model unasked'],
      region: [is('us-east-1'), 'where the documents say'],
      route53_zone_id: [isEmpty, 'given by those who have one'],
      service_emails: [isEmpty, 'nobody acts for others'],
      shadow: [isEmpty, 'nothing of a conversation goes elsewhere unasked'],
      streams_per_task: [within(100, 1000), 'well below what a process holds'],
      task_count: [
        (one) =>
          one.number('value.min') === 2 && one.number('value.max') >= 3 && one.number('value.max') <= 10,
        'one a zone, and a bill with an end',
      ],
      task_size: [
        (one) => one.number('value.cpu') === 512 && one.number('value.memory') === 1024,
        'the size that was measured',
      ],
      trace_share: [(one) => one.number('value') === 0, 'not paid for unasked'],
      vpc_cidr: [is('10.1.0.0/16'), 'the range of the documents'],
      zone_letters: [(one) => one.texts('value').join('') === 'ab', 'the zones that every account has'],
    },
    bootstrap: {
      domain_zone_id: [isEmpty, 'no zone may be written to'],
      force_destroy: [isOff, 'images are kept'],
      github_oidc_provider_arn: [isEmpty, 'made here'],
      github_subject_prefix: [isEmpty, "the repository's name"],
      github_environment: [is('staging'), 'the environment with reviewers'],
      region: [is('us-east-1'), 'where the documents say'],
    },
  };

export const defaults: Checks = {
  // What a person does not know of they do not set: it has to be right by itself.
  'defaults/safe': (view, must) => {
    for (const stack of ['staging', 'bootstrap'] as const) mustBeSafe(must, view, stack);
  },
};

function mustBeSafe(must: Must, view: View, stack: 'staging' | 'bootstrap'): void {
  for (const [name, [fits, why]] of Object.entries(DEFAULTS[stack])) {
    const value = view[stack].byDefault(name);
    must(
      value !== undefined && fits(value),
      `${name} of ${stack} is something else by default than: ${why}.`,
    );
  }
  const others = view[stack].defaults().filter((name) => !(name in DEFAULTS[stack]));
  // A person must decide who pays, who may call and what runs, so these have no default.
  must(others.length === 0, `${stack} has a default for ${list(others)}, which a person has to say.`);
}
