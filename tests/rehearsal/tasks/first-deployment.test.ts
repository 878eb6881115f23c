import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { startNewDeployment } from '@lornu/ops/delivery/deploy/service-view.ts';
import { setSecret } from '@lornu/ops/secrets/set-secret.ts';
import { cluster, service, startService } from './kit.ts';

// Other work on the machine must not make a slow answer a failure.
setDefaultTimeout(120_000);

const NAME = 'gemini-api-key';
/** Longer than the scheduler's wait, at this pace, between two tasks that fail to start. */
const A_WHILE_MS = 1500;
const it = await startService(async ({ secrets }) => {
  const { ARN } = await secrets.createSecret({ Name: `lornu/staging/${NAME}` });
  return { secrets: [{ name: 'GEMINI_API_KEY', valueFrom: ARN ?? '' }] };
});
afterAll(async () => it.end());

const primary = async () => (await it.describe()).deployments?.[0];
const started = (): number => it.events.filter(({ what }) => what === 'provisioning').length;

test('a first deployment with an empty secret stalls; lornu secrets set and a new deployment heal it', async () => {
  await it.until('failed', async () => (await primary())?.rolloutState === 'FAILED');
  expect((await primary())?.failedTasks).toBeGreaterThanOrEqual(3);
  expect(JSON.stringify(it.events)).toContain('ResourceInitializationError');
  // There is nothing to roll back to, so ECS starts no more tasks, even once the secret has a value.
  const before = started();
  await setSecret({ name: NAME, value: `AIza${'x'.repeat(35)}`, client: it.clients.secrets });
  await Bun.sleep(A_WHILE_MS);
  expect(started()).toBe(before);
  expect(await primary()).toMatchObject({ rolloutState: 'FAILED', runningCount: 0 });

  await startNewDeployment(it.clients.ecs, cluster, service);
  await it.steady();
  expect(await (await fetch(it.url)).json()).toMatchObject({ revision: '1' });
});
