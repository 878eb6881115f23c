import { until } from '../seeing.ts';
import type { World } from '../world.ts';
import { serviceOf } from './service.ts';

const PERIOD_S = 60;

/**
 * Deployments that a CloudWatch alarm watches: quiet, in ALARM from the beginning, and set to ALARM during the
 * deployment.
 */
export async function bakingScene(world: World) {
  const service = serviceOf(world, 'baking');
  const name = `${world.stack.name}-drill`;
  // The metric has no data, and the alarm ignores missing data, so the alarm keeps the state that the test sets.
  await world.clients.cloudwatch.putMetricAlarm({
    AlarmName: name,
    Namespace: 'LornuConformance',
    MetricName: 'Nothing',
    Statistic: 'Sum',
    Period: PERIOD_S,
    EvaluationPeriods: 3,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'ignore',
  });
  await world.probes.noteAlarm(name);
  const set = async (StateValue: 'OK' | 'ALARM'): Promise<void> => {
    await world.clients.cloudwatch.setAlarmState({ AlarmName: name, StateValue, StateReason: 'a drill' });
  };
  await set('OK');
  world.say('baking: first version');
  await world.probes.createService(
    'baking',
    await world.probes.register({ PROBE: 'baking', REVISION: '1' }),
    {
      deploymentConfiguration: {
        maximumPercent: 200,
        minimumHealthyPercent: 100,
        deploymentCircuitBreaker: { enable: true, rollback: true },
        alarms: { alarmNames: [name], enable: true, rollback: true },
      },
    },
  );
  await service.steady();
  const first = (await service.primary()).rolloutState ?? '';

  world.say('baking: a quiet alarm');
  const second = await service.deploy({ REVISION: '2' });
  let alone = 0;
  await until(world, 'completed', async () => {
    const { deployments: [primary, ...others] = [] } = await service.describe();
    if (primary?.taskDefinition !== second || others.length > 0 || primary.runningCount !== 2) return false;
    if (primary.rolloutState === 'COMPLETED') return true;
    alone += 1;
    return false;
  });
  await service.steady();
  const completed = (await service.primary()).rolloutState ?? '';

  world.say('baking: an alarm in ALARM from the beginning');
  await set('ALARM');
  const third = await service.deploy({ REVISION: '3' });
  await until(world, 'deployed', async () => (await service.primary()).taskDefinition === third);
  await service.steady();
  const begunInAlarm = (await service.describe()).taskDefinition === third ? 'completed' : 'rolled back';

  world.say('baking: an alarm that goes into ALARM');
  await set('OK');
  const fourth = await service.deploy({ REVISION: '4' });
  await until(world, 'its tasks run', async () => {
    const primary = await service.primary();
    return primary.taskDefinition === fourth && (primary.runningCount ?? 0) > 0;
  });
  await set('ALARM');
  let failedTasks = 0;
  await until(world, 'rolled back', async () => {
    const { deployments = [], taskDefinition } = await service.describe();
    for (const deployment of deployments.filter((one) => one.taskDefinition === fourth)) {
      failedTasks = Math.max(failedTasks, deployment.failedTasks ?? 0);
    }
    return taskDefinition === third;
  });
  await service.steady();
  const said = (await service.said('deployment failed: alarm detected')).length > 0;
  await set('OK');
  return {
    // The first deployment has no earlier one to roll back to.
    first,
    // The old tasks were gone, and the deployment was not completed yet.
    baked: alone >= 3,
    completed,
    begunInAlarm,
    fired: {
      failedTasks,
      back: (await service.describe()).taskDefinition === third,
      said,
    },
  };
}
