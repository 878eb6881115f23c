import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServedTask } from '../serve/served.ts';
import { balancerSocket, watchStreams } from './busiest-task.ts';

const task = (address: string, more: Partial<ServedTask> = {}) =>
  ({ id: address, address, pid: 1, healthy: true, ...more }) as ServedTask;

test('the victim is the healthy task that got most streams since, not the one that has most', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lornu-busiest-'));
  const balancerConfig = join(folder, 'haproxy.cfg');
  let current: Record<string, number> = { '10.0.0.1': 6, '10.0.0.2': 0, '10.0.0.3': 0 };
  const balancer = Bun.listen({
    unix: balancerSocket({ balancerConfig }),
    socket: {
      data: (socket) => {
        const rows = Object.entries(current).map(([name, count]) => `group,${name},${count},UP,`);
        socket.end(['# pxname,svname,scur,status,', ...rows].join('\n'));
      },
    },
  });
  try {
    const tasks = () => [task('10.0.0.1'), task('10.0.0.2'), task('10.0.0.3', { healthy: false })];
    const busiest = await watchStreams({ balancerConfig, tasks });
    current = { '10.0.0.1': 7, '10.0.0.2': 3, '10.0.0.3': 5 };
    expect(await busiest()).toMatchObject({ id: '10.0.0.2' });
    const none = await watchStreams({ balancerConfig, tasks: () => [task('10.0.0.1', { pid: undefined })] });
    expect(none()).rejects.toThrow('no task is healthy');
  } finally {
    balancer.stop(true);
    await rm(folder, { recursive: true });
  }
});
