import type { Reader } from '../../plan/reader.ts';
import type { StackView } from '../../plan/view.ts';
import type { Checks } from '../check.ts';
import { NAME, accountOf, regionOf, sameSet } from '../facts.ts';

/**
 * Seconds in which the service hands a run over once its task is told to stop (LORNU_DRAIN_MS), and Fargate's maximum.
 */
const DRAIN_S = 110;
const FARGATE_STOP_S = 120;

/** The only container of the task. */
export function container(staging: StackView): Reader {
  return staging.one('aws_ecs_task_definition.agent').json('container_definitions').block('');
}

export const task: Checks = {
  // A tag can be moved after the plan was approved; a digest cannot, and another registry is not ours.
  'compute/approved-image': ({ staging }, must) => {
    const registry = `${accountOf(staging)}.dkr.ecr.${regionOf(staging)}.amazonaws.com`;
    must(
      container(staging).text('image') ===
        `${registry}/lornu-agent@${staging.input('image_digest').text('value')}`,
      'The image is not the digest that was approved, from our own repository.',
    );
  },
  // Fargate takes certain sizes only, and an image of the wrong architecture does not start.
  'compute/fargate-task': ({ staging }, must) => {
    const definition = staging.one('aws_ecs_task_definition.agent');
    must(
      definition.text('family') === `${NAME}-agent`,
      'The task definition has another name: a rollback does not find it.',
    );
    must(sameSet(definition.texts('requires_compatibilities'), ['FARGATE']), 'The task is not for Fargate.');
    must(definition.text('network_mode') === 'awsvpc', 'Fargate gives each task an address of its own.');
    const size = staging.input('task_size');
    must(
      definition.number('cpu') === size.number('value.cpu'),
      'The task has another CPU than was asked for.',
    );
    must(
      definition.number('memory') === size.number('value.memory'),
      'The task has other memory than was asked for.',
    );
    const ratio = definition.number('memory') / definition.number('cpu');
    must(ratio >= 1 && ratio <= 8, 'Fargate offers one to eight MiB of memory a CPU unit.');
    const platform = definition.block('runtime_platform');
    must(
      platform.text('cpu_architecture') === staging.input('cpu_architecture').text('value'),
      'The task runs on another architecture than the image was built for.',
    );
    must(platform.text('operating_system_family') === 'LINUX', 'The image is for Linux.');
  },
  // An intruder must find nothing to change, no tools, no rights.
  'compute/closed-container': ({ staging }, must) => {
    const one = container(staging);
    must(
      /^[1-9]\d{3,}:[1-9]\d{3,}$/.test(one.text('user')),
      'The container runs as root or as a user of the system.',
    );
    must(one.text('user') === '10001:10001', "The user is not the image's: it may not read its own files.");
    must(one.flag('readonlyRootFilesystem'), 'What runs can be changed.');
    const linux = one.block('linuxParameters');
    must(sameSet(linux.texts('capabilities.drop'), ['ALL']), 'The container keeps Linux capabilities.');
    must(!linux.has('capabilities.add'), 'The container gets Linux capabilities.');
    must(linux.flag('initProcessEnabled'), 'Nobody reaps children and passes SIGTERM on.');
    must(!one.has('privileged') || !one.flag('privileged'), 'The container is privileged.');
    const scratch = linux.block('tmpfs');
    must(scratch.text('containerPath') === '/tmp', 'There is no place for scratch files.');
    must(
      sameSet(scratch.texts('mountOptions'), ['nodev', 'noexec', 'nosuid', 'rw']),
      'What is written to /tmp can be run.',
    );
    must(
      scratch.number('size') === (staging.input('agent_runtime').text('value') === 'bun' ? 64 : 128),
      "Scratch files take the memory of the service, or the Python agent's data has no room.",
    );
  },
  // The load balancer finds the container by these.
  'compute/listens': ({ staging }, must) => {
    const one = container(staging);
    must(one.text('name') === 'agent', 'The service registers a container of another name.');
    must(one.flag('essential'), 'A task without its only container goes on.');
    const ports = one.blocks('portMappings');
    must(ports.length === 1, `The container has ${ports.length} ports.`);
    for (const port of ports) {
      must(port.number('containerPort') === 8080, 'The container listens on 8080.');
      must(port.number('hostPort') === port.number('containerPort'), 'Fargate maps a port to itself only.');
      must(port.text('protocol') === 'tcp', 'HTTP is TCP.');
      must(port.text('name') === 'http', 'The port has lost its name.');
    }
    for (const limit of one.blocks('ulimits')) {
      must(limit.text('name') === 'nofile', 'Another limit than that of open files is set.');
      must(limit.number('softLimit') >= 8192, 'A few thousand streams end in "too many open files".');
      must(limit.number('softLimit') <= limit.number('hardLimit'), 'The soft limit is above the hard one.');
      must(limit.number('hardLimit') <= 65_535, 'Fargate gives no more than 65,535 open files.');
    }
    must(one.blocks('ulimits').length === 1, "Fargate's default of open files is too small for streams.");
  },
  // A process that hangs keeps its port: only a question shows it. A start must not count as illness.
  'compute/container-health': ({ staging }, must) => {
    const health = container(staging).block('healthCheck');
    const runtime = staging.input('agent_runtime').text('value');
    const program = runtime === 'bun' ? 'bun' : 'python';
    const [first, second, option, question = '', ...more] = commandOf(health);
    must(
      first === 'CMD' && second === program,
      `The image has no ${second ?? 'program'}: it has ${program} alone, no shell.`,
    );
    must(
      option === (runtime === 'bun' ? '-e' : '-c') && more.length === 0,
      'The program is not given its question.',
    );
    must(question.includes("'http://127.0.0.1:8080/health'"), 'The question is not put to the service.');
    // Anything but a good response in time must end with an exit code other than 0.
    const end =
      runtime === 'bun'
        ? 'timeout(9000)}).then(r=>process.exit(r.ok?0:1),()=>process.exit(1))'
        : ', timeout=9)';
    must(question.endsWith(end), 'An error counts as health, or is waited for.');
    const timeout = health.number('timeout');
    must(
      timeout >= 10 && timeout < health.number('interval'),
      'A busy second counts as illness, or checks pile up.',
    );
    must(
      health.number('interval') * health.number('retries') <= 60,
      'A task that hangs stays for over a minute.',
    );
    must(health.number('retries') >= 4, 'A busy minute ends a task and its streams.');
    must(health.number('interval') >= 5, 'AWS asks no more often than every five seconds.');
    const start = health.number('startPeriod');
    must(start >= 30 && start <= 120, 'A slow start is ended, or a failed one is waited for.');
  },
  // A stopped task finishes its streams and hands its runs over; Fargate ends it at two minutes.
  'compute/stop': ({ staging }, must) => {
    const stop = container(staging).number('stopTimeout');
    must(stop > DRAIN_S, 'The task is killed while it still hands runs over.');
    must(stop <= FARGATE_STOP_S, 'Fargate takes no longer stop than 120 s.');
  },
  // Without its log a task that fails says nothing; a slow log service must not hold up a stream.
  'compute/logs': ({ staging }, must) => {
    const logging = container(staging).block('logConfiguration');
    must(
      logging.text('logDriver') === 'awslogs',
      'The log goes to a driver that Fargate has not, or elsewhere.',
    );
    const options = logging.block('options');
    const wanted: [string, string][] = [
      ['awslogs-group', staging.one('aws_cloudwatch_log_group.agent').text('name')],
      ['awslogs-region', regionOf(staging)],
      ['awslogs-stream-prefix', staging.input('agent_runtime').text('value')],
      ['mode', 'non-blocking'],
    ];
    for (const [name, value] of wanted) must(options.text(name) === value, `${name} is not ${value}.`);
    const buffer = Number(/^(\d+)m$/.exec(options.text('max-buffer-size'))?.[1]);
    must(buffer >= 4 && buffer <= 64, 'The buffer loses lines at once, or takes the memory of the service.');
    must(
      !options.keys('').includes('awslogs-create-group'),
      'A group that the driver makes has no key and no retention.',
    );
  },
  // What the code may do and what starts it are kept apart.
  'compute/roles-of-the-task': ({ staging }, must) => {
    const definition = staging.one('aws_ecs_task_definition.agent');
    must(
      definition.text('task_role_arn') === staging.arn('aws_iam_role.task'),
      'The code has another role than the one that Google trusts.',
    );
    must(
      definition.text('execution_role_arn') === staging.arn('aws_iam_role.execution'),
      'The task is started under another role.',
    );
  },
};

/** In order, which `texts` would not keep. */
function commandOf(health: Reader): string[] {
  return health.blocks('command').map((part) => part.text(''));
}
