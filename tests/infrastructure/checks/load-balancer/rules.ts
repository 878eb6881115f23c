import type { Reader } from '../../plan/reader.ts';
import type { StackView } from '../../plan/view.ts';
import type { Checks, Must } from '../check.ts';
import { list, sameSet, tokenIssuer, textOfEach } from '../facts.ts';
import { mustRefuse } from './listeners.ts';

/**
 * Headers that only the mutual TLS listener adds.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
 */
const CERTIFICATE_HEADERS = ['', '-Leaf', '-Subject', '-Issuer', '-Serial-Number', '-Validity'].map(
  (part) => `X-Amzn-Mtls-Clientcert${part}`,
);
const CARDS = [
  '/.well-known/agent-card.json',
  '/.well-known/agent.json',
  // Cards, and their signing keys: a rule has at most five values.
  '/a2a/*/.well-known/*.json',
];
const OPEN = 'aws_lb_listener_rule.health';
const KINDS = ['forged_certificate', 'health', 'agent_cards', 'token', 'people'];

export const rules: Checks = {
  // A rule on another listener guards nothing here.
  'load-balancer/rules-stand-on-https': ({ staging }, must) => {
    const arn = staging.arn('aws_lb_listener.https');
    const all = staging.ofType('aws_lb_listener_rule');
    for (const rule of all) {
      must(KINDS.includes(kindOf(rule)), `${rule.address} lets in, or keeps out, what nothing asks for.`);
    }
    for (const rule of all)
      must(rule.text('listener_arn') === arn, `${rule.address} stands on another listener.`);
    const priorities = all.map((rule) => rule.number('priority'));
    must(
      new Set(priorities).size === priorities.length,
      'Two rules have one priority: AWS refuses the second.',
    );
    for (const rule of all) {
      must(rule.has('condition'), `${rule.address} has no condition.`);
      const names = [kindOf(rule).replaceAll('_', '-'), rule.key];
      must(names.includes(rule.text('tags_all.Name')), `${rule.address} has the name of another rule.`);
    }
  },
  // A caller that sends these headers on 443 pretends to hold a certificate that nobody has checked.
  'load-balancer/forged-certificates': ({ staging }, must) => {
    const guards = staging.all('aws_lb_listener_rule.forged_certificate');
    const names = textOfEach(guards, 'condition.0.http_header.0.http_header_name');
    must(sameSet(names, CERTIFICATE_HEADERS), `Refused are ${list(names)} only.`);
    const first = Math.min(...others(staging).map((rule) => rule.number('priority')));
    for (const rule of guards) {
      must(
        sameSet(rule.texts('condition.0.http_header.0.values'), ['*']),
        `${rule.address} lets some values pass.`,
      );
      must(rule.blocks('condition').length === 1, `${rule.address} asks for more than the header.`);
      must(rule.number('priority') < first, `${rule.address} is asked after a rule that lets in.`);
      must(rule.text('action.0.type') === 'fixed-response', `${rule.address} does not refuse.`);
      mustRefuse(must, rule.address, rule.block('action'), '400');
    }
  },
  // Health and agent cards are for everybody, to read and nothing else.
  'load-balancer/open-paths': ({ staging }, must) => {
    const open: [string, string[]][] = [
      // lornu deploy waits for the revision at /version, whichever agent runs.
      [OPEN, ['/health', '/version']],
      ['aws_lb_listener_rule.agent_cards', CARDS],
    ];
    for (const [address, paths] of open) {
      const rule = staging.one(address);
      const conditions = rule.blocks('condition');
      const ofPath = conditions.filter((one) => one.has('path_pattern'));
      const ofMethod = conditions.filter((one) => one.has('http_request_method'));
      must(conditions.length === 2, `${address} asks for something else than path and method.`);
      must(
        sameSet(
          ofPath.flatMap((one) => one.texts('path_pattern.0.values')),
          paths,
        ),
        `${address} opens other paths than ${list(paths)}.`,
      );
      must(
        sameSet(
          ofMethod.flatMap((one) => one.texts('http_request_method.0.values')),
          ['GET', 'HEAD'],
        ),
        `${address} lets more than reading pass, or less.`,
      );
      mustForward(must, staging, rule, rule.blocks('action'));
    }
  },
  // Without audience and e-mail any token that the issuer ever signed would pass.
  'load-balancer/tokens': ({ staging }, must) => {
    const { issuer, keys, audience } = tokenIssuer(staging);
    // The Python agent knows no operators: there such a token would be one that acts for users.
    const lists = ['peer_emails', 'service_emails'];
    if (staging.input('agent_runtime').text('value') === 'bun') lists.push('operator_emails');
    const emails = [...new Set(lists.flatMap((name) => staging.input(name).texts('value')))];
    const tokenRules = staging.all('aws_lb_listener_rule.token');
    for (const rule of tokenRules) {
      const [check, forward] = rule.blocks('action');
      must(
        check?.text('type') === 'jwt-validation',
        `${rule.address} passes requests on before it has looked.`,
      );
      must(
        (check?.number('order') ?? 9) < (forward?.number('order') ?? 0),
        `${rule.address} forwards first.`,
      );
      const token = (check ?? rule).block('jwt_validation');
      must(token.text('issuer') === issuer, `${rule.address} trusts another issuer.`);
      must(token.text('jwks_endpoint') === keys, `${rule.address} takes other keys.`);
      const claims = token
        .blocks('additional_claim')
        .map((claim) => `${claim.text('name')} ${claim.text('format')} ${claim.texts('values').join(',')}`);
      must(
        sameSet(claims, [
          `aud single-string ${audience}`,
          `email single-string ${emails.toSorted().join(',')}`,
        ]),
        `${rule.address} asks for these claims: ${list(claims)}.`,
      );
      if (forward) mustForward(must, staging, rule, [forward]);
      must(rule.blocks('action').length === 2, `${rule.address} does more than check and forward.`);
    }
    must(
      sameSet(tokenRules.map(conditionOf), ['path /a2a,/a2a/*', 'header Authorization Bearer *']),
      'Tokens are asked for on other requests than A2A and those that bring one.',
    );
  },
  // People sign in at the service; the Python agent has no sign-in, so with it nobody gets in without a token.
  'load-balancer/people': ({ staging }, must) => {
    const people = staging.ofType('aws_lb_listener_rule').filter((rule) => rule.address.includes('.people'));
    const signsIn = staging.input('agent_runtime').text('value') === 'bun';
    must(
      people.length === (signsIn ? 1 : 0),
      'Requests without a token reach an agent that signs nobody in.',
    );
    for (const rule of people) {
      must(conditionOf(rule) === 'path /*', 'People reach a part of the service only.');
      mustForward(must, staging, rule, rule.blocks('action'));
    }
  },
  // The first rule that fits decides: cards before tokens, tokens before people.
  'load-balancer/order': ({ staging }, must) => {
    const of = (block: string) => staging.all(block).map((rule) => rule.number('priority'));
    const open = [...of(OPEN), ...of('aws_lb_listener_rule.agent_cards')];
    const tokens = of('aws_lb_listener_rule.token');
    must(Math.max(...open) < Math.min(...tokens), 'The rule of A2A hides the agent card.');
    const people = staging
      .ofType('aws_lb_listener_rule')
      .filter((rule) => rule.address.includes('.people'))
      .map((rule) => rule.number('priority'));
    must(
      people.every((priority) => priority > Math.max(...tokens)),
      'A rule for people hides one that asks for a token.',
    );
    must(
      people.every((priority) => priority <= 50_000),
      'AWS takes priorities up to 50,000.',
    );
    const path = staging.one('aws_lb_listener_rule.token["a2a"]').number('priority');
    must(
      path < staging.one('aws_lb_listener_rule.token["bearer"]').number('priority'),
      'The wider token rule is asked first.',
    );
  },
};

function others(staging: StackView): Reader[] {
  return staging
    .ofType('aws_lb_listener_rule')
    .filter((rule) => !rule.address.includes('.forged_certificate'));
}

/** The name of a rule: "token" of aws_lb_listener_rule.token["a2a"]. */
function kindOf(rule: Reader): string {
  return rule.address.split(/[.[]/)[1] ?? '';
}

/** The only condition of a rule, as text. */
function conditionOf(rule: Reader): string {
  const condition = rule.block('condition');
  if (condition.has('path_pattern')) return `path ${condition.texts('path_pattern.0.values').join(',')}`;
  const header = condition.block('http_header');
  return `header ${header.text('http_header_name')} ${header.texts('values').join(',')}`;
}

function mustForward(must: Must, staging: StackView, rule: Reader, actions: readonly Reader[]): void {
  const [action] = actions;
  must(
    actions.length === 1 && action?.text('type') === 'forward',
    `${rule.address} does something else than forward.`,
  );
  must(
    action?.text('target_group_arn') === staging.arn('aws_lb_target_group.agent'),
    `${rule.address} forwards to other targets.`,
  );
}
