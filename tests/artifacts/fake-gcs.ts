import { createServer } from 'node:net';
import { endingWithParent } from '@lornu/ops/process/ending-with-parent.ts';
import { postJson } from '../support/post-json.ts';

export interface FakeGcs {
  url: string;
  stop: () => Promise<void>;
}

/** fake-gcs-server with one empty bucket, in memory; on a free port by default. */
export async function startFakeGcs(bucket: string, givenPort?: number): Promise<FakeGcs> {
  const port = givenPort ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const command = [
    'fake-gcs-server',
    '-backend',
    'memory',
    '-scheme',
    'http',
    '-host',
    '127.0.0.1',
    '-port',
    `${port}`,
    '-public-host',
    `127.0.0.1:${port}`,
    '-external-url',
    url,
    '-log-level',
    'warn',
  ];
  const child = Bun.spawn(endingWithParent(command), {
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'inherit',
  });
  const stop = async (): Promise<void> => {
    child.kill();
    await child.exited;
  };
  for (let attempt = 0; attempt < 200; attempt++) {
    const made = await postJson(`${url}/storage/v1/b?project=test`, { name: bucket }).catch(() => undefined);
    if (made?.ok) return { url, stop };
    await Bun.sleep(50);
  }
  await stop();
  throw new Error('fake-gcs-server did not answer.');
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
