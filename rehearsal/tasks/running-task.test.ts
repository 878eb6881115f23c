import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContainerEnd } from './container.ts';
import { createPace } from './pace.ts';
import { RunningTask, type TaskWorld } from './running-task.ts';
import { readTaskDefinition } from './task-definition.ts';

const plan = readTaskDefinition({
  family: 'agent',
  memory: '512',
  containerDefinitions: [{ name: 'agent', image: 'program', portMappings: [{ containerPort: 8080 }] }],
});

/** A task in a target group; `calls` are what it did, in order. */
async function runTask(folder: string) {
  const calls: string[] = [];
  const ended = Promise.withResolvers<ContainerEnd>();
  const running = Promise.withResolvers<void>();
  const drained = Promise.withResolvers<void>();
  const call = (name: string) => async (): Promise<void> => void calls.push(name);
  const world: TaskWorld = {
    now: Date.now,
    pace: createPace(10),
    pull: async () => ({
      title: 'program',
      start: async () => ({
        pid: 0,
        ended: ended.promise,
        signal: (signal) => void calls.push(signal),
        check: async () => true,
      }),
    }),
    openLog: async () => undefined,
    readSecrets: async () => ({}),
    addedVariables: () => ({}),
    report: async (_id, { lastStatus = '' }) => {
      if (lastStatus === 'RUNNING') running.resolve();
      if (lastStatus === 'STOPPED') calls.push(lastStatus);
    },
    register: async () => undefined,
    deregister: call('deregister'),
    drained: async () => drained.promise,
    emit: () => undefined,
    onFailure: ended.reject,
    onLine: () => undefined,
    changed: () => undefined,
    taskFolder: (id) => join(folder, id),
    logPath: (id) => join(folder, `${id}.log`),
    leave: call('leave'),
  };
  const settings = { group: 'service:agent', startedBy: undefined, subnetId: 'subnet-a', zone: 'a' };
  const task = new RunningTask(
    { ...settings, id: 'one', plan, deploymentId: undefined, address: '10.0.0.4', balanced: true },
    world,
  );
  await running.promise;
  return { task, calls, ended, drained };
}

test.each(['by itself', 'while its target drains'])(
  'a task that ends %s keeps its address until the load balancer sends nothing more to it',
  async (how) => {
    const folder = await mkdtemp(join(tmpdir(), 'lornu-running-task-'));
    const { task, calls, ended, drained } = await runTask(folder);
    if (how !== 'by itself') task.stop('Scaling activity');
    ended.resolve({ exitCode: 137 });
    const kept = await Promise.race([task.done.then(() => false), Bun.sleep(50).then(() => true)]);
    expect([kept, calls]).toEqual([true, ['deregister']]);
    drained.resolve();
    await task.done;
    expect(calls).toEqual(['deregister', 'STOPPED', 'leave']);
    await rm(folder, { recursive: true });
  },
);
