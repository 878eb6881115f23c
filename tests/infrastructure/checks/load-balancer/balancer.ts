import { SILENT_FOR_MS } from '@lornu/backend/http/routes/runs.ts';
import type { Checks } from '../check.ts';
import { NAME, sameSet } from '../facts.ts';

/** The service's defaults: seconds between two pings of a stream, and how long it keeps an idle connection. */
const STREAM_PING_S = 15;
const SERVER_KEEP_ALIVE_S = 130;
/** The least that AWS accepts. */
const CLIENT_KEEP_ALIVE_S = 60;

export const balancer: Checks = {
  // People and the peer come from the internet, into both zones.
  'load-balancer/the-way-in': ({ staging }, must) => {
    const lb = staging.one('aws_lb.staging');
    must(lb.text('load_balancer_type') === 'application', 'Only an application load balancer checks tokens.');
    must(!lb.flag('internal'), 'Nobody reaches the load balancer from outside.');
    must(lb.text('name') === NAME, 'Its log bucket and the firewall know it under another name.');
    must(
      sameSet(lb.texts('subnets'), staging.ids('aws_subnet.public')),
      'The load balancer is not in the public subnets of both zones.',
    );
  },
  // The first to time out cuts the stream: ping < load balancer < server, or a client reads 502.
  'load-balancer/timeouts': ({ staging }, must) => {
    const lb = staging.one('aws_lb.staging');
    const idle = lb.number('idle_timeout');
    must(idle > 2 * STREAM_PING_S, 'One lost ping lets the load balancer cut a silent stream.');
    must(idle < SERVER_KEEP_ALIVE_S, 'The server closes connections that the load balancer still uses.');
    must(
      idle * 1000 > SILENT_FOR_MS,
      'A turn without a stream is answered by the load balancer, not by the service.',
    );
    must(
      lb.number('client_keep_alive') === CLIENT_KEEP_ALIVE_S,
      'An open page keeps its connection here for longer than a minute after the fail-over name has changed.',
    );
  },
  // A request that two servers read differently smuggles a second one past the rules.
  'load-balancer/requests-are-what-they-say': ({ staging }, must) => {
    const lb = staging.one('aws_lb.staging');
    must(lb.flag('drop_invalid_header_fields'), 'Header names that no server agrees on reach the service.');
    must(
      ['defensive', 'strictest'].includes(lb.text('desync_mitigation_mode')),
      'Ambiguous requests are passed on.',
    );
    must(
      lb.flag('preserve_host_header'),
      'Sign-in redirects and agent cards name another host than was asked for.',
    );
  },
  // A destroy by mistake takes the name, the address and the listeners with it.
  'load-balancer/kept': ({ staging }, must) => {
    const wanted = staging.input('deletion_protection').flag('value');
    must(
      staging.one('aws_lb.staging').flag('enable_deletion_protection') === wanted,
      'The load balancer can be deleted although protection was asked for.',
    );
  },
  // Who asked for what, and was refused, is known from here alone.
  'load-balancer/access-logs': ({ staging }, must) => {
    const logs = staging.one('aws_lb.staging').block('access_logs');
    must(logs.flag('enabled'), 'Requests are not logged.');
    must(
      logs.text('bucket') === staging.id('aws_s3_bucket.access_logs'),
      'Requests are logged into another bucket.',
    );
    must(logs.text('prefix') === 'alb', 'The bucket lets the load balancer write under alb/ only.');
    must(
      staging.dependsOn('aws_lb.staging').includes('aws_s3_bucket_policy.access_logs'),
      'The load balancer is made before it may write its logs: AWS refuses it.',
    );
  },
  // Streams are long and unequal, tasks come and go; a task that is ill must get no request.
  'load-balancer/target-group': ({ staging }, must) => {
    const group = staging.one('aws_lb_target_group.agent');
    must(group.text('name') === `${NAME}-agent`, 'The target group has the name of another one.');
    must(group.text('target_type') === 'ip', 'Tasks on Fargate are reached by address.');
    must(
      group.number('port') === containerPort(staging),
      'The group sends to a port on which nothing listens.',
    );
    must(group.text('protocol') === 'HTTP', 'The service speaks plain HTTP within the VPC.');
    must(group.text('protocol_version') === 'HTTP1', 'WebSocket needs HTTP/1.1.');
    must(
      group.text('load_balancing_algorithm_type') === 'least_outstanding_requests',
      'Requests in turn pile long streams up on one task.',
    );
    must(
      group.number('deregistration_delay') === 120,
      'A stopped task has another time to finish streams than the service hands runs over in.',
    );
  },
  // Too slow and requests go to a dead task for minutes; too quick and a busy one is killed.
  'load-balancer/health-check': ({ staging }, must) => {
    const check = staging.one('aws_lb_target_group.agent').block('health_check');
    must(check.text('path') === '/health', 'The health check asks for what the service does not answer.');
    must(check.text('port') === 'traffic-port', 'The health check asks at another port than requests go to.');
    must(check.text('protocol') === 'HTTP', 'The service speaks plain HTTP within the VPC.');
    must(check.text('matcher') === '200', 'A redirect or an error counts as health.');
    const interval = check.number('interval');
    const timeout = check.number('timeout');
    const unhealthy = check.number('unhealthy_threshold');
    must(timeout < interval, 'A check begins before the last one has ended.');
    must(timeout >= 2, 'A task that is busy for a second counts as ill.');
    must(interval * unhealthy <= 60, 'A dead task gets requests for over a minute.');
    must(unhealthy >= 2, 'One lost answer takes a task out.');
    must(
      interval * check.number('healthy_threshold') <= 60,
      'A new task waits over a minute for its first request.',
    );
    must(check.number('healthy_threshold') >= 2, 'AWS takes no threshold below 2.');
  },
};

type Staging = Parameters<Checks['run']>[0]['staging'];

function containerPort(staging: Staging): number {
  const [container] = staging.one('aws_ecs_task_definition.agent').json('container_definitions').blocks('0');
  return container?.number('portMappings.0.containerPort') ?? 0;
}
