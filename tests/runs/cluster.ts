import { BUN_SERVER_ENV, spawnGeminiStandin, type GeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from './bundle.ts';

const START_TIMEOUT_MS = 240_000;

type Child = ReturnType<typeof Bun.spawn>;

interface Member {
  child: Child;
  /** Undefined until it listens. */
  port: number | undefined;
  /** The folder of the bundled service that the cluster runs. */
  service: string;
}

/**
 * Service processes on one store behind one address, like tasks behind a load balancer. The proxy sends each new
 * connection to a listening process; when a process dies, its connections are cut.
 */
export class Cluster {
  readonly #members: Member[];
  readonly #folder: string;
  readonly #environment: Record<string, string>;
  readonly #standin: GeminiStandin;
  readonly #sockets = new Set<Socket>();
  #proxy: Server | undefined;
  #next = 0;
  #isStopping = false;

  private constructor(
    size: number,
    folder: string,
    standin: GeminiStandin,
    environment: Record<string, string>,
  ) {
    this.#members = Array.from({ length: size }, () => ({
      child: undefined as unknown as Child,
      port: undefined,
      service: join(folder, 'service'),
    }));
    this.#folder = folder;
    this.#standin = standin;
    this.#environment = {
      ...BUN_SERVER_ENV,
      PATH: process.env['PATH'] ?? '',
      PORT: '0',
      LORNU_DATA_DIR: join(folder, 'data'),
      GOOGLE_GEMINI_BASE_URL: standin.url,
      ...environment,
    };
  }

  static async start(size: number, environment: Record<string, string> = {}): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'cluster-'));
    bundle(join(folder, 'service'));
    const cluster = new Cluster(size, folder, await spawnGeminiStandin(), environment);
    await Promise.all(cluster.#members.map((_, index) => cluster.#run(index)));
    if (cluster.#members.some(({ port }) => port === undefined))
      throw new Error('A process does not listen.');
    await cluster.#listen();
    return cluster;
  }

  /** The address of the proxy. */
  get url(): string {
    const address = this.#proxy?.address();
    if (typeof address !== 'object' || address === null) throw new Error('The cluster has not started.');
    return `http://127.0.0.1:${address.port}`;
  }

  get size(): number {
    return this.#members.length;
  }

  /** The address of one process. */
  urlOf(index: number): string {
    return `http://127.0.0.1:${this.#members[index]?.port}`;
  }

  /** Sends a signal to one process; a killed one is restarted at once. */
  signal(index: number, signal: NodeJS.Signals): void {
    this.#members[index]?.child.kill(signal);
  }

  /** Whether a process listens: not while it starts. */
  isListening(index: number): boolean {
    return this.#members[index]?.port !== undefined;
  }

  /** The operating system's process id of a service process. */
  pidOf(index: number): number | undefined {
    return this.#members[index]?.child.pid;
  }

  /** Replaces one process as a deployment does: the old one drains and ends, then another bundle's begins. */
  async deploy(index: number, service = join(this.#folder, 'service')): Promise<void> {
    const member = this.#members[index];
    if (!member) return;
    const { child } = member;
    member.service = service;
    child.kill('SIGTERM');
    await child.exited;
    while (member.child === child || member.port === undefined) await Bun.sleep(20);
  }

  /** Cuts every connection at the proxy, like a short network failure. */
  cutConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { child } of this.#members) child.kill('SIGKILL');
    await Promise.all(this.#members.map(({ child }) => child.exited));
    this.cutConnections();
    this.#proxy?.close();
    await this.#standin.stop();
    rmSync(this.#folder, { recursive: true });
  }

  async #run(index: number): Promise<void> {
    const member = this.#members[index];
    if (!member) return;
    const child = Bun.spawn({
      cmd: [process.execPath, join(member.service, 'serve.js')],
      cwd: this.#folder,
      env: this.#environment,
      stdout: 'pipe',
      stderr: 'inherit',
    });
    member.child = child;
    const listening = Promise.withResolvers<void>();
    void this.#readPort(child.stdout, (port) => {
      member.port = port;
      listening.resolve();
    });
    void child.exited.then(() => {
      member.port = undefined;
      if (!this.#isStopping) return this.#run(index);
      return undefined;
    });
    await Promise.race([listening.promise, child.exited, Bun.sleep(START_TIMEOUT_MS)]);
  }

  /** Reads the address from the service's log line once it listens; the rest of its log is dropped. */
  async #readPort(stream: ReadableStream<Uint8Array>, onPort: (port: number) => void): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const bytes of stream) {
      if (text === 'found') continue;
      text += decoder.decode(bytes, { stream: true });
      const [, port] = /"message":"listening"[^\n]*"url":"http:\/\/[^:]+:(\d+)/.exec(text) ?? [];
      if (port === undefined) continue;
      text = 'found';
      onPort(Number(port));
    }
  }

  async #listen(): Promise<void> {
    const server = createServer((client) => this.#join(client));
    this.#proxy = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }

  #join(client: Socket): void {
    const ports = this.#members.flatMap(({ port }) => port ?? []);
    const port = ports[this.#next++ % ports.length];
    if (port === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    // A cut upstream must look cut to the client, never like a stream that has ended well.
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
    client.pipe(upstream);
    upstream.pipe(client);
  }
}
