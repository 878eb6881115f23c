import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { Cluster } from '../../runs/cluster.ts';
import { answerOf, rpc, rpcStream, taskOf, textMessage, type WireTask } from './rpc.ts';
import { startWebhook } from './webhook.ts';
import { postJson } from '../../support/post-json.ts';
import { until } from '../../support/until.ts';

// Bundles, real processes, and a lease that must expire.
setDefaultTimeout(90_000);

const NUMBERS = Array.from({ length: 40 }, (_, index) => index + 1).join(' ');
const COUNT = 'count to 40 every 60 ms';

const cluster = await Cluster.start(2, {
  LORNU_LEASE_MS: '1500',
  LORNU_DRAIN_MS: '300',
  A2A_PUSH_NOTIFICATIONS: 'loopback',
});
const hook = startWebhook();
afterAll(async () => {
  await cluster.stop();
  await hook.stop();
});

const a2aOf = (index: number) => `${cluster.urlOf(index)}/a2a/lornu`;

async function begin(index: number): Promise<WireTask> {
  const params = { message: textMessage(COUNT), configuration: { returnImmediately: true } };
  return taskOf(await rpc(a2aOf(index), 'SendMessage', params));
}

/** What a subscriber receives in total: the answer assembled from its chunks, and the last state. */
async function subscribe(index: number, id: string, onEvent: (count: number) => void = () => undefined) {
  let text = '';
  let state = '';
  let count = 0;
  for await (const { task, artifactUpdate, statusUpdate } of rpcStream(a2aOf(index), 'SubscribeToTask', {
    id,
  })) {
    if (task) text = answerOf(task as WireTask);
    if (artifactUpdate) {
      const { artifact, append = false } = artifactUpdate as {
        artifact: { parts: { text: string }[] };
        append?: boolean;
      };
      const piece = artifact.parts.map((part) => part.text).join('');
      text = append ? text + piece : piece;
    }
    if (statusUpdate) ({ state } = (statusUpdate as WireTask).status);
    onEvent(++count);
  }
  return { text, state };
}

const numbersIn = (text: string) => text.match(/\d+/g)?.join(' ');

test('a person answers a question over the REST API: the webhook of the task gets its end, although nobody asks for it', async () => {
  const asked = taskOf(
    await rpc(a2aOf(0), 'SendMessage', {
      message: textMessage('call delete_notes'),
      configuration: { taskPushNotificationConfig: { url: hook.url } },
    }),
  );
  const question = asked.status.message?.parts.find((part) => 'data' in part)?.['data'] as Record<
    string,
    string
  >;
  const parts = [{ functionResponse: { ...question, args: undefined, response: { confirmed: true } } }];
  const session = { appName: 'lornu', userId: 'local', sessionId: asked.contextId };
  await postJson(`${cluster.urlOf(1)}/run`, { ...session, newMessage: { role: 'user', parts } });
  const states = () =>
    hook.received.flatMap(({ body }) => {
      const { statusUpdate } = body as { statusUpdate?: WireTask };
      return statusUpdate ? [statusUpdate.status.state] : [];
    });
  await until(() => states().includes('TASK_STATE_COMPLETED'));
  expect(states()).toEqual(['TASK_STATE_INPUT_REQUIRED', 'TASK_STATE_COMPLETED']);
});

test('a process is killed during a task: a subscriber at another process gets the whole answer, once', async () => {
  const { id } = await begin(0);
  const seen = await subscribe(1, id, (count) => count === 8 && cluster.signal(0, 'SIGKILL'));
  expect([seen.state, numbersIn(seen.text)]).toEqual(['TASK_STATE_COMPLETED', NUMBERS]);
  const kept = taskOf(await rpc(a2aOf(1), 'GetTask', { id }));
  expect([kept.status.state, numbersIn(answerOf(kept))]).toEqual(['TASK_STATE_COMPLETED', NUMBERS]);
});

test('a process that shuts down hands its task over; all processes know its end', async () => {
  await until(async () =>
    (await fetch(`${cluster.urlOf(0)}/health`).catch(() => undefined))?.ok ? true : undefined,
  );
  const { id } = await begin(0);
  cluster.signal(0, 'SIGTERM');
  const done = await until(
    async () => {
      const now = taskOf(await rpc(a2aOf(1), 'GetTask', { id }));
      return now.status.state === 'TASK_STATE_COMPLETED' ? now : undefined;
    },
    { withinMs: 60_000 },
  );
  expect(numbersIn(answerOf(done))).toBe(NUMBERS);
});

test('a process that shuts down starts nothing new, and says so in the format of A2A', async () => {
  await until(async () =>
    (await fetch(`${cluster.urlOf(0)}/health`).catch(() => undefined))?.ok ? true : undefined,
  );
  const { id } = await begin(0);
  const url = a2aOf(0);
  cluster.signal(0, 'SIGTERM');
  const refused = await until(async () => {
    const answer = await rpc(url, 'SendMessage', { message: textMessage('hello') }).catch(() => undefined);
    return answer?.error ? answer : undefined;
  });
  expect([refused.status, refused.error?.code, refused.error?.data?.[0]?.['reason']]).toEqual([
    503,
    -32000,
    'DRAINING',
  ]);
  await rpc(a2aOf(1), 'CancelTask', { id });
});
