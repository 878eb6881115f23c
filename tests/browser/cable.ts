import type { Socket } from 'bun';

/** A network connection between the browser and the service that a test can unplug. */
export interface Cable {
  url: string;
  /** Cuts every connection and refuses new ones. */
  pull: () => void;
  /** Stops traffic on existing connections without ending them, and refuses new ones. */
  mute: () => void;
  /** Reconnects; with a URL, to another process of the service. */
  plugIn: (serviceUrl?: string) => void;
  stop: () => void;
}

interface Ends {
  far?: Socket<Ends>;
  isMute?: boolean;
  /** Bytes that arrived before the far end was connected. */
  early: Uint8Array[];
  /** Bytes that this socket has not taken yet. */
  waiting: Uint8Array[];
}

/** Connects to a service on this machine. */
export function layCable(serviceUrl: string): Cable {
  let target = new URL(serviceUrl);
  const near = new Set<Socket<Ends>>();
  let isPulled = false;
  const listener = Bun.listen<Ends>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      async open(socket) {
        socket.data = { early: [], waiting: [] };
        if (isPulled) {
          socket.terminate();
          return;
        }
        near.add(socket);
        const far = await Bun.connect<Ends>({
          hostname: target.hostname,
          port: Number(target.port),
          data: { far: socket, early: [], waiting: [] },
          socket: { data: forward, drain, close: ({ data }) => void data.far?.end() },
        }).catch(() => undefined);
        // Nobody listens there: the process behind the connection is gone.
        if (!far) {
          socket.terminate();
          return;
        }
        socket.data.far = far;
        for (const bytes of socket.data.early) send(far, bytes);
      },
      data(socket, bytes) {
        if (socket.data.far) forward(socket, bytes);
        else socket.data.early.push(new Uint8Array(bytes));
      },
      drain,
      close(socket) {
        near.delete(socket);
        socket.data.far?.end();
      },
    },
  });
  return {
    url: `http://127.0.0.1:${listener.port}`,
    pull: () => {
      isPulled = true;
      for (const socket of near) socket.terminate();
    },
    mute: () => {
      isPulled = true;
      for (const { data } of near) {
        data.isMute = true;
        if (data.far) data.far.data.isMute = true;
      }
    },
    plugIn: (otherUrl = target.href) => {
      target = new URL(otherUrl);
      isPulled = false;
    },
    stop: () => listener.stop(true),
  };
}

function forward(socket: Socket<Ends>, bytes: Uint8Array): void {
  if (socket.data.isMute) return;
  if (socket.data.far) send(socket.data.far, bytes);
}

/** A socket takes as much as its buffer holds; the rest waits until it has room. */
function send(to: Socket<Ends>, bytes: Uint8Array): void {
  const { waiting } = to.data;
  const taken = waiting.length > 0 ? 0 : Math.max(0, to.write(bytes));
  if (taken < bytes.length) waiting.push(new Uint8Array(bytes.subarray(taken)));
}

function drain(to: Socket<Ends>): void {
  for (const bytes of to.data.waiting.splice(0)) send(to, bytes);
}
