/** Runs inside a network namespace: tries all connections from standard input at once and reports each result. */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

export interface ProbeTarget {
  address: string;
  port: number;
  protocol: 'tcp' | 'udp';
  /** Source address; any address of the namespace if left out. */
  source?: string;
}

/**
 * `answered`: something listens. `refused`: the packet arrived and the refusal came back. `nothing`: one of the two was
 * dropped.
 */
export type ProbeAnswer = 'answered' | 'refused' | 'nothing';

const WAIT_MS = 700;
/** On a busy machine the timeout may fire before an answer that has arrived is read. */
const LAST_LOOK_MS = 50;

function afterWaiting(end: () => void): void {
  setTimeout(() => setTimeout(end, LAST_LOOK_MS), WAIT_MS);
}

async function tryTcp({ address, port, source }: ProbeTarget): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, ...(source ? { localAddress: source } : {}) });
    const end = (answer: ProbeAnswer): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end('answered'));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ECONNREFUSED' ? 'refused' : 'nothing'),
    );
    afterWaiting(() => end('nothing'));
  });
}

async function tryUdp({ address, port }: ProbeTarget): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    let isOver = false;
    const end = (answer: ProbeAnswer): void => {
      if (isOver) return;
      isOver = true;
      socket.close();
      resolve(answer);
    };
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ECONNREFUSED' ? 'refused' : 'nothing'),
    );
    socket.on('message', () => end('answered'));
    // A connected socket receives the error if nothing listens there.
    socket.connect(port, address, () => socket.send('?'));
    afterWaiting(() => end('nothing'));
  });
}

if (import.meta.main) {
  const targets = (await Bun.stdin.json()) as ProbeTarget[];
  const answers = await Promise.all(
    targets.map(async (target) => (target.protocol === 'udp' ? tryUdp(target) : tryTcp(target))),
  );
  await Bun.write(Bun.stdout, JSON.stringify(answers));
  // Do not wait for the timeouts of those that have answered.
  process.exit(0);
}
