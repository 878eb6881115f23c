import type { Reader } from '../../plan/reader.ts';
import type { Checks } from '../check.ts';
import { NAME, list, sameSet } from '../facts.ts';

/**
 * Policies with TLS 1.3 and, at most, 1.2 with forward secrecy and authenticated ciphers.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
 */
const STRICT_TLS = ['ELBSecurityPolicy-TLS13-1-2-Res-2021-06', 'ELBSecurityPolicy-TLS13-1-3-2021-06'];

export const listeners: Checks = {
  // A listener more is a way in that no rule watches.
  'load-balancer/ports': ({ staging }, must) => {
    const balancer = staging.arn('aws_lb.staging');
    const found = staging.ofType('aws_lb_listener').map((listener) => {
      must(
        listener.text('load_balancer_arn') === balancer,
        `${listener.address} stands on another load balancer.`,
      );
      return `${listener.number('port')} ${listener.text('protocol')}`;
    });
    const mutual = staging.input('mutual_tls').has('value') ? ['8443 HTTPS'] : [];
    must(sameSet(found, ['80 HTTP', '443 HTTPS', ...mutual]), `The listeners are ${list(found)}.`);
  },
  // A bare name must get somewhere, and nothing may be served in plain text.
  'load-balancer/http-redirects': ({ staging }, must) => {
    const action = staging.one('aws_lb_listener.http').block('default_action');
    must(action.text('type') === 'redirect', 'Port 80 does something else than redirect.');
    const redirect = action.block('redirect');
    must(redirect.text('protocol') === 'HTTPS', 'Port 80 redirects to plain text.');
    must(redirect.text('port') === '443', 'Port 80 redirects to where nothing listens.');
    must(redirect.text('status_code') === 'HTTP_301', 'The redirect is asked for again each time.');
    must(
      staging
        .ofType('aws_lb_listener_rule')
        .every((rule) => rule.text('listener_arn') !== listenerArn(staging.one('aws_lb_listener.http'))),
      'A rule serves something in plain text.',
    );
  },
  // Old protocols and ciphers without forward secrecy let a recorded conversation be read later.
  'load-balancer/tls': ({ staging }, must) => {
    for (const listener of staging.ofType('aws_lb_listener')) {
      if (listener.text('protocol') !== 'HTTPS') continue;
      must(
        STRICT_TLS.includes(listener.text('ssl_policy')),
        `${listener.address} accepts weak ciphers or TLS before 1.2.`,
      );
      must(
        listener.text('certificate_arn') === certificateArn(staging),
        `${listener.address} shows another certificate than the one for this name.`,
      );
    }
  },
  // What no rule lets in stays out, with an answer that a program can read.
  'load-balancer/refuses-by-default': ({ staging }, must) => {
    const action = staging.one('aws_lb_listener.https').block('default_action');
    must(action.text('type') === 'fixed-response', 'A request that no rule lets in is passed on.');
    mustRefuse(must, 'The listener', action, '401');
  },
  // Port 8443 has no rule: every client that completes the handshake is a peer.
  'load-balancer/mutual-tls': ({ staging }, must) => {
    if (!staging.input('mutual_tls').has('value')) {
      must(
        staging.ofType('aws_lb_trust_store').length === 0,
        'Authorities are trusted though mutual TLS is off.',
      );
      return;
    }
    const listener = staging.one('aws_lb_listener.mutual_tls["staging"]');
    const mutual = listener.block('mutual_authentication');
    const store = staging.one('aws_lb_trust_store.peers["staging"]');
    must(mutual.text('mode') === 'verify', 'Certificates are passed on unverified.');
    must(mutual.text('trust_store_arn') === store.text('arn'), 'Other authorities are trusted.');
    must(!mutual.flag('ignore_client_certificate_expiry'), 'Expired certificates pass.');
    must(mutual.text('advertise_trust_store_ca_names') === 'off', 'The handshake tells whom we trust.');
    const action = listener.block('default_action');
    must(action.text('type') === 'forward', 'A peer with a certificate is not served.');
    must(
      action.text('target_group_arn') === staging.arn('aws_lb_target_group.agent'),
      'Peers are sent to other targets.',
    );
    must(store.text('name') === `${NAME}-peers`, 'The trust store has the name of another one.');
    const object = staging.one('aws_s3_object.peer_authorities["staging"]');
    must(
      store.text('ca_certificates_bundle_s3_bucket') === object.text('bucket') &&
        store.text('ca_certificates_bundle_s3_key') === object.text('key') &&
        store.text('ca_certificates_bundle_s3_object_version') === object.text('version_id'),
      'The trust store reads other authorities than those that were given, or whatever comes later.',
    );
    must(
      object.text('content') === staging.input('mutual_tls').text('value.ca_certificates'),
      'Other authorities are trusted than were given.',
    );
    must(!object.text('content').includes('PRIVATE KEY'), 'A private key lies in the bucket.');
    must(
      object.text('content_type') === 'application/x-pem-file',
      'The authorities are not told apart from a binary.',
    );
    must(object.text('key') === 'peer-authorities.pem', 'The plan role may read this one object only.');
  },
};

type Staging = Parameters<Checks['run']>[0]['staging'];
type Must = Parameters<Checks['run']>[1];

function listenerArn(listener: Reader): string {
  return listener.text('arn');
}

function certificateArn(staging: Staging): string {
  return staging.input('route53_zone_id').has('value')
    ? staging.one('aws_acm_certificate_validation.staging["staging"]').text('certificate_arn')
    : staging.input('certificate_arn').text('value');
}

/**
 * Checks a response of the load balancer itself: its status, and a body with the reason in the form of the service's
 * errors.
 */
export function mustRefuse(must: Must, who: string, action: Reader, status: string): void {
  const response = action.block('fixed_response');
  must(
    response.text('status_code') === status,
    `${who} answers ${response.text('status_code')}, not ${status}.`,
  );
  must(response.text('content_type') === 'application/json', `${who} answers what no program reads.`);
  const body = response.json('message_body');
  must(body.text('detail').length > 10, `${who} does not say why.`);
}
