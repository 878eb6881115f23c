import { afterAll, describe, expect, test } from 'bun:test';
import type { Task } from '@a2a-js/sdk';
import { AgentEvent } from '@a2a-js/sdk/server';
import { PushNotifier } from '../../../backend/a2a/push/push-notifier.ts';
import { PushSender } from '../../../backend/a2a/push/push-sender.ts';
import { TaskKeeper } from '../../../backend/a2a/tasks/task-keeper.ts';
import { silentLog } from '../../../backend/testing/run-bench.ts';
import { OTHER_PEER, PEER, startIssuer } from './issuer.ts';
import { rpc, taskOf, textMessage, type WireTask } from './rpc.ts';
import { until } from '../../support/until.ts';
import { startSilentWebhook, startWebhook } from './webhook.ts';
import { openFixture } from './fixture.ts';

const fixture = await openFixture();
const issuer = await startIssuer();
const opened = fixture.serve({ environment: issuer.environment });
const { tasks: storedTasks } = opened.app.services;
const sender = new PushSender({ targets: 'loopback', log: opened.app.services.log, pausesMs: [5, 10] });
const served = fixture.serve({
  environment: issuer.environment,
  services: {
    tasks: storedTasks,
    push: {
      targets: 'loopback',
      notifier: new PushNotifier({ webhooks: storedTasks.webhooks, sender, log: opened.app.services.log }),
    },
  },
});
const peer = await issuer.headersOf(PEER);
afterAll(async () => {
  sender.stop();
  await fixture.close();
  await issuer.stop();
});

const call = (method: string, params: unknown, version: '1.0' | '0.3' = '1.0', headers = peer) =>
  rpc(served.a2aUrl, method, params, { version, headers });
const config = (url: string, more = {}) => ({
  url,
  authentication: { scheme: 'Bearer', credentials: 'secret-credentials' },
  token: 'a-token',
  ...more,
});
const sendWith = async (url: string, text = 'hello') =>
  taskOf(
    await call('SendMessage', {
      message: textMessage(text),
      configuration: { taskPushNotificationConfig: config(url) },
    }),
  );

describe('a webhook', () => {
  test('set by the message gets the events of the task, from its start to its end, in order', async () => {
    const hook = startWebhook();
    const task = await sendWith(hook.url);
    await until(() => hook.received.some(({ body }) => 'statusUpdate' in body));
    expect(hook.received.map(({ body }) => Object.keys(body)[0])).toEqual([
      'task',
      'artifactUpdate',
      'statusUpdate',
    ]);
    expect(hook.received.at(-1)?.body).toMatchObject({
      statusUpdate: { taskId: task.id, status: { state: 'TASK_STATE_COMPLETED' } },
    });
    expect(hook.received[0]?.headers).toMatchObject({
      'content-type': 'application/a2a+json',
      authorization: 'Bearer secret-credentials',
      'x-a2a-notification-token': 'a-token',
    });
    await hook.stop();
  });

  test("is set, shown, listed and removed by the task's owner", async () => {
    const hook = startWebhook();
    const { id: taskId } = taskOf(await call('SendMessage', { message: textMessage('hello') }));
    const { result } = await call('CreateTaskPushNotificationConfig', {
      taskId,
      ...config(hook.url, { id: 'one' }),
    });
    expect(result).toMatchObject({ taskId, id: 'one', url: hook.url });
    expect((await call('GetTaskPushNotificationConfig', { taskId, id: 'one' })).result).toEqual(result);
    expect((await call('ListTaskPushNotificationConfigs', { taskId })).result).toMatchObject({
      configs: [{ id: 'one' }],
    });
    const stranger = await issuer.headersOf(OTHER_PEER);
    for (const [method, params] of [
      ['CreateTaskPushNotificationConfig', { taskId, ...config(hook.url) }],
      ['GetTaskPushNotificationConfig', { taskId, id: 'one' }],
      ['ListTaskPushNotificationConfigs', { taskId }],
      ['DeleteTaskPushNotificationConfig', { taskId, id: 'one' }],
    ] as const)
      expect([method, (await call(method, params, '1.0', stranger)).error?.code]).toEqual([method, -32001]);
    await call('DeleteTaskPushNotificationConfig', { taskId, id: 'one' });
    expect((await call('GetTaskPushNotificationConfig', { taskId, id: 'one' })).error?.code).toBe(-32001);
    expect(hook.received).toEqual([]);
    await hook.stop();
  });

  test('set over 0.3 gets the whole task, in the format of 0.3', async () => {
    const hook = startWebhook();
    const message = {
      kind: 'message',
      messageId: '1',
      role: 'user',
      parts: [{ kind: 'text', text: 'hello' }],
    };
    const configuration = { blocking: true, pushNotificationConfig: { url: hook.url, token: 't' } };
    await call('message/send', { message, configuration }, '0.3');
    await until(() => hook.received.length > 1);
    expect(hook.received.at(-1)).toMatchObject({
      headers: { 'content-type': 'application/json', 'x-a2a-notification-token': 't' },
      body: { kind: 'task', status: { state: 'completed' } },
    });
    await hook.stop();
  });

  test('that fails is retried; one that refuses or redirects is not, and redirects are not followed', async () => {
    const flaky = startWebhook([500, 503]);
    const task = await sendWith(flaky.url);
    await sender.idle();
    expect(flaky.received.length).toBe(5);
    const refusing = startWebhook([302, 400, 410]);
    await sendWith(refusing.url);
    await until(() => refusing.received.length === 3);
    await sender.idle();
    expect([refusing.received.length, refusing.received.every(({ path }) => path === '/hook')]).toEqual([
      3,
      true,
    ]);
    expect(task.status.state).toBe('TASK_STATE_COMPLETED');
    await Promise.all([flaky.stop(), refusing.stop()]);
  });

  test('that never answers delays nobody, and its credentials are not logged', async () => {
    const silent = await startSilentWebhook();
    const slow = new PushSender({
      targets: 'loopback',
      log: served.app.services.log,
      pausesMs: [],
      timeoutMs: 50,
    });
    slow.send({
      owner: 'ann',
      taskId: 't',
      configId: 'c',
      url: silent.url,
      body: '{}',
      headers: { authorization: 'Bearer secret-credentials' },
    });
    await slow.idle();
    const line = served.app.logged.find(({ reason }) => reason === 'no answer in time');
    expect(line).toMatchObject({ message: 'a push notification could not be delivered', taskId: 't' });
    expect(JSON.stringify(served.app.logged)).not.toContain('secret-credentials');
    silent.stop();
  });

  test("that is slow, or one of many, only fills its own caller's share", async () => {
    const silent = await startSilentWebhook();
    const hook = startWebhook();
    const dropped: unknown[] = [];
    const log = { ...silentLog, warn: (_message: string, about: unknown) => dropped.push(about) };
    const shared = new PushSender({ targets: 'loopback', log, pausesMs: [], timeoutMs: 60_000 });
    const send = (owner: string, url: string, n: number, body = '{}') =>
      shared.send({ owner, taskId: `${owner}-${n}`, configId: 'c', url, body, headers: {} });
    for (let n = 0; n < 2_000; n++) send('ann', silent.url, n);
    // Ben's are few but large: each caller's bytes are limited too.
    const large = JSON.stringify({ text: 'x'.repeat(20 * 1024 * 1024) });
    for (const n of [1, 2]) send('ben', hook.url, n, large);
    send('cat', hook.url, 1);
    await until(() => hook.received.length === 2);
    expect(dropped).toEqual([
      { caller: 'ann', taskId: 'ann-100', configId: 'c' },
      { caller: 'ben', taskId: 'ben-2', configId: 'c' },
    ]);
    await until(() => silent.sockets.length === 100);
    shared.stop();
    await shared.idle();
    silent.stop();
    await hook.stop();
  });

  test('of a task that cannot be loaded does not delay those of other tasks', async () => {
    const sent: string[] = [];
    const never = Promise.withResolvers<never>();
    const notifier = new PushNotifier({
      webhooks: {
        list: async (taskId) => {
          if (taskId === 'stuck') return never.promise;
          return [{ id: 'c', json: JSON.stringify({ config: { id: 'c', url: 'u' }, version: '1.0' }) }];
        },
      },
      sender: { send: ({ owner, taskId }) => sent.push(`${owner} ${taskId}`) },
      log: silentLog,
    });
    for (const [id, owner] of [
      ['stuck', 'ann'],
      ['good', 'ben'],
    ] as const) {
      const task: Task = {
        id,
        contextId: 'x',
        status: undefined,
        artifacts: [],
        history: [],
        metadata: undefined,
      };
      notifier.notify(AgentEvent.task(task), task, owner);
    }
    await until(() => sent.length > 0);
    expect(sent).toEqual(['ben good']);
  });

  test('is notified of the end of a task whose process had ended, although another task cannot be read', async () => {
    const hook = startWebhook();
    const task = await sendWith(hook.url);
    await until(() => hook.received.length === 3);
    const { tasks, runs } = served.app.services;
    const stored = await tasks.get({ appName: 'lornu', userId: `peer:${PEER}` }, task.id);
    if (!stored) throw new Error('not stored');
    const json = JSON.parse(stored.json) as WireTask;
    const id = crypto.randomUUID();
    json.status.state = 'TASK_STATE_WORKING';
    await tasks.put({ ...stored, id, state: 2, json: JSON.stringify({ ...json, id }) });
    for (const webhook of await tasks.webhooks.list(task.id)) await tasks.webhooks.put(id, webhook);
    const notifier = new PushNotifier({ webhooks: tasks.webhooks, sender, log: silentLog });
    const broken = { ...stored, id: 'broken', contextId: 'broken', state: 2, updatedMs: 1 };
    await tasks.put({ ...broken, json: JSON.stringify({ ...json, id: 'broken', contextId: 'broken' }) });
    const keeper = new TaskKeeper({
      records: tasks,
      runs: {
        cancel: runs.cancel.bind(runs),
        list: runs.list.bind(runs),
        attach: async (choice) => {
          if (choice.session.sessionId === 'broken') throw new Error('cannot be read');
          return runs.attach(choice);
        },
      },
      loadFile: async () => undefined,
      notifier,
      log: silentLog,
      now: () => Date.now() + 60_000,
    });
    await keeper.look();
    await until(() => hook.received.length > 3);
    expect((await tasks.get({ appName: 'lornu', userId: `peer:${PEER}` }, id))?.state).toBe(3);
    await hook.stop();
  });

  test('that cannot be stored is refused together with its message, and its task can continue', async () => {
    const waiting = taskOf(await call('SendMessage', { message: textMessage('call delete_notes') }));
    const { webhooks } = served.app.services.tasks;
    const put = webhooks.put.bind(webhooks);
    webhooks.put = async () => {
      throw new Error('full');
    };
    const message = textMessage('and now?', { taskId: waiting.id, contextId: waiting.contextId });
    const configuration = { taskPushNotificationConfig: config('http://127.0.0.1:1/') };
    const refused = await call('SendMessage', { message, configuration });
    webhooks.put = put;
    expect(refused.error?.code).toBe(-32603);
    expect((await call('SendMessage', { message })).error).toBeUndefined();
  });

  test('are at most ten per task', async () => {
    const { id: taskId } = taskOf(await call('SendMessage', { message: textMessage('hello') }));
    const answers = [];
    for (let i = 0; i < 11; i++)
      answers.push(
        (await call('CreateTaskPushNotificationConfig', { taskId, url: 'http://127.0.0.1:1/', id: `${i}` }))
          .error?.code,
      );
    expect(answers).toEqual([...Array.from({ length: 10 }, () => undefined), -32602]);
  });

  test.each([
    [
      'when it is set',
      (url: string, taskId: string) => call('CreateTaskPushNotificationConfig', { taskId, url }),
    ],
    [
      'with a message',
      (url: string) =>
        call('SendMessage', {
          message: textMessage('hello'),
          configuration: { taskPushNotificationConfig: { url } },
        }),
    ],
    [
      'in 0.3',
      (url: string, id: string) =>
        call('tasks/pushNotificationConfig/set', { taskId: id, pushNotificationConfig: { url } }, '0.3'),
    ],
  ])('has an address that is checked %s; the refusal tells nothing of the network', async (_when, set) => {
    const { id } = taskOf(await call('SendMessage', { message: textMessage('hello') }));
    for (const url of ['http://169.254.169.254/', 'http://10.0.0.1:80/', 'http://nowhere.invalid/']) {
      const { error } = await set(url, id);
      expect([error?.code, error?.message]).toEqual([
        -32602,
        'The url of the push notification config does not lead to an address that notifications may be sent to.',
      ]);
    }
  });

  test.each([
    ['token', { token: 'a\r\nhost: evil.example' }],
    ['credentials', { authentication: { scheme: 'Bearer', credentials: 'a\nb' } }],
    ['scheme', { authentication: { scheme: 'Bearer x', credentials: 'a' } }],
  ])('has nothing in its %s that would make another header', async (_what, more) => {
    const { id: taskId } = taskOf(await call('SendMessage', { message: textMessage('hello') }));
    const { error } = await call('CreateTaskPushNotificationConfig', {
      taskId,
      ...config('http://127.0.0.1:1/'),
      ...more,
    });
    expect(error?.code).toBe(-32602);
  });
});

test('is off unless the configuration turns it on, and the card says so', async () => {
  const off = fixture.serve();
  const { error } = await rpc(off.a2aUrl, 'SendMessage', {
    message: textMessage('hello'),
    configuration: { taskPushNotificationConfig: { url: 'https://public.example/' } },
  });
  expect(error?.code).toBe(-32003);
  const cards = await Promise.all(
    [off, served].map(async ({ a2aUrl }) => (await fetch(`${a2aUrl}/.well-known/agent-card.json`)).json()),
  );
  expect(
    cards.map(
      (card) => (card as { capabilities: { pushNotifications: boolean } }).capabilities.pushNotifications,
    ),
  ).toEqual([false, true]);
});
