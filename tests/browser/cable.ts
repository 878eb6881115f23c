import type { Socket } from 'bun';

/** A network cable between the browser and the service, which a test can pull and plug in again. */
export interface Cable {
  url: string;
  /** Breaks every connection and refuses new ones. */
  pull: () => void;
  /** Lets the connections that are there carry nothing any more, without ending them, and refuses new ones. */
  mute: () => void;
  /** With a URL: into another process of the service. */
  plugIn: (serviceUrl?: string) => void;
  stop: () => void;
}

interface Ends {
  far?: Socket<Ends>;
  isMute?: boolean;
  /** Bytes that came before the far end was there. */
  early: Uint8Array[];
}

/** Lays a cable to a service on this machine. */
export function layCable(serviceUrl: string): Cable {
  let target = new URL(serviceUrl);
  const near = new Set<Socket<Ends>>();
  let isPulled = false;
  const listener = Bun.listen<Ends>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      async open(socket) {
        socket.data = { early: [] };
        if (isPulled) {
          socket.terminate();
          return;
        }
        near.add(socket);
        const far = await Bun.connect<Ends>({
          hostname: target.hostname,
          port: Number(target.port),
          data: { far: socket, early: [] },
          socket: { data: forward, close: ({ data }) => void data.far?.end() },
        }).catch(() => undefined);
        // Nobody listens there: the process behind the cable is gone.
        if (!far) {
          socket.terminate();
          return;
        }
        socket.data.far = far;
        for (const bytes of socket.data.early) far.write(bytes);
      },
      data(socket, bytes) {
        if (socket.data.far) forward(socket, bytes);
        else socket.data.early.push(new Uint8Array(bytes));
      },
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
  socket.data.far?.write(bytes);
}
