import { inScene, theme, type Source } from '../check.ts';
import { PAGES } from '../pages.ts';
import { healthScene } from '../scenes/health.ts';

const page = (quote: string): Source => ({ page: PAGES.healthChecks, quote });
const registered = page(
  'After your target is registered, it must pass one health check to be considered healthy.',
);
const onlyHealthy = page(
  'Each load balancer node routes requests only to the healthy targets in the enabled Availability Zones for the load balancer.',
);
const unhealthyCount = page(
  'The number of consecutive failed health checks required before considering a target unhealthy.',
);
const healthyCount = page(
  'The number of consecutive successful health checks required before considering an unhealthy target healthy.',
);
const matcher = page('The HTTP codes to use when checking for a successful response from a target.');
const failsOpen = page(
  'If a target group contains only unhealthy registered targets, the load balancer routes requests to all those targets, regardless of their health status.',
);

const seen = inScene(healthScene);

export const HEALTH_CHECKS = theme('health', [
  [
    'initial',
    'a target that was just registered is initial',
    page(
      'The load balancer is in the process of registering the target or performing the initial health checks on the target.',
    ),
    'initial',
    seen(({ first }) => first.State ?? ''),
  ],
  [
    'initial-reason',
    'the reason of an initial target comes from the load balancer',
    page('Reason codes that begin with Elb originate on the load balancer side'),
    true,
    seen(({ first }) => /^Elb\.(RegistrationInProgress|InitialHealthChecking)$/.test(first.Reason ?? '')),
  ],
  [
    'nothing-before-first',
    'a new target gets no requests before it has passed a check',
    page(
      'Before a target can receive requests from the load balancer, it must pass the initial health checks.',
    ),
    ['one'],
    seen(({ answeredBeforeFirst }) => answeredBeforeFirst),
  ],
  [
    'one-pass',
    'one passed check makes a new target healthy',
    registered,
    true,
    seen(({ afterOnePass }) => afterOnePass.includes('healthy')),
    { otherwise: 'A new target needs as many passed checks as the healthy threshold.' },
  ],
  [
    'healthy-serves',
    'a healthy target gets requests',
    onlyHealthy,
    ['one', 'two'],
    seen(({ answeredHealthy }) => answeredHealthy),
  ],
  [
    'method',
    'a check is a GET',
    page(
      'The load balancer sends a health check request to each registered target every HealthCheckIntervalSeconds seconds, using the specified port, protocol, and ping path.',
    ),
    ['GET'],
    seen(({ checks }) => [...new Set(checks.map(({ method }) => method))]),
  ],
  [
    'agent',
    'the User-Agent of a check names the load balancer',
    { page: PAGES.healthChecks, means: 'The User-Agent of a health check is ELB-HealthChecker/2.0.' },
    ['ELB-HealthChecker/2.0'],
    seen(({ checks }) => [...new Set(checks.map(({ agent }) => agent))]),
  ],
  [
    'connections',
    'each check uses a new connection',
    page(
      'After each health check is completed, the load balancer node closes the connection that was established for the health check.',
    ),
    true,
    seen(
      ({ checks }) =>
        checks.length > 1 && new Set(checks.map(({ connection }) => connection)).size === checks.length,
    ),
  ],
  [
    'below-unhealthy',
    'a target stays healthy after one failed check fewer than the threshold',
    unhealthyCount,
    ['healthy'],
    seen(({ belowUnhealthy }) => belowUnhealthy),
  ],
  [
    'unhealthy',
    'a target is unhealthy after as many failed checks as the threshold',
    unhealthyCount,
    'unhealthy',
    seen(({ unhealthy }) => unhealthy.State ?? ''),
  ],
  [
    'unhealthy-reason',
    'the reason of an unhealthy target is the wrong code',
    page('Target.ResponseCodeMismatch'),
    'Target.ResponseCodeMismatch',
    seen(({ unhealthy }) => unhealthy.Reason ?? ''),
  ],
  [
    'unhealthy-code',
    'the description names the code',
    page('Health checks failed with these codes: [code]'),
    'Health checks failed with these codes: [503]',
    seen(({ unhealthy }) => unhealthy.Description ?? ''),
  ],
  [
    'unhealthy-gets-nothing',
    'an unhealthy target gets no requests while another is healthy',
    onlyHealthy,
    ['one'],
    seen(({ answeredUnhealthy }) => answeredUnhealthy),
  ],
  [
    'below-healthy',
    'a target stays unhealthy after one passed check fewer than the threshold',
    healthyCount,
    ['unhealthy'],
    seen(({ belowHealthy }) => belowHealthy),
  ],
  [
    'recovered',
    'a target is healthy again after as many passed checks as the threshold',
    healthyCount,
    'healthy',
    seen(({ recovered }) => recovered),
  ],
  [
    'matcher-range',
    'a response with any code of the matcher passes',
    matcher,
    ['healthy'],
    seen(({ otherCode }) => otherCode),
  ],
  [
    'matcher-other',
    'a response with any other code fails',
    matcher,
    'unhealthy',
    seen(({ wrongCode }) => wrongCode.State ?? ''),
  ],
  [
    'no-redirects',
    'a check does not follow a redirect',
    matcher,
    'Health checks failed with these codes: [302]',
    seen(({ wrongCode }) => wrongCode.Description ?? ''),
  ],
  [
    'timeout',
    'a response after the timeout fails',
    page(
      'The amount of time, in seconds, during which no response from a target means a failed health check.',
    ),
    'unhealthy',
    seen(({ slow }) => slow.State ?? ''),
  ],
  [
    'timeout-reason',
    'the reason is the timeout',
    page('Target.Timeout'),
    'Target.Timeout',
    seen(({ slow }) => slow.Reason ?? ''),
  ],
  [
    'fails-open',
    'if all targets are unhealthy, all of them get requests',
    failsOpen,
    200,
    seen(({ allUnhealthy }) => allUnhealthy),
    { otherwise: 'A target group without a healthy target answers 503.' },
  ],
]);
