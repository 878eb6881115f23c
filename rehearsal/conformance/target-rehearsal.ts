import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '@lornu/ops/process/run-command.ts';
import type { StartContext } from '@lornu/ops/up/start-context.ts';
import { createAwsClients, emulatorSettings, REGION } from '../emulator/aws-clients.ts';
import { ensureEmulatorPython } from '../emulator/ensure-python.ts';
import { startEmulator, type Emulator } from '../emulator/start-emulator.ts';
import { PullError, type PullImage, type RunnableImage } from '../tasks/image.ts';
import { createPace } from '../tasks/pace.ts';
import { startProcessContainer } from '../tasks/process-container.ts';
import type { RunnerEvent } from '../tasks/task-event.ts';
import { askAt } from './ask.ts';
import { createClients, type Clients } from './clients.ts';
import type { Certificates } from './stack/identity.ts';
import { Ledger } from './stack/ledger.ts';
import { makeStack } from './stack/make-stack.ts';
import { createProbeMaker, MISSING_IMAGE } from './stack/probes.ts';
import { HOST, SERVICES } from './stack/rules.ts';
import { startStandIns, type StandIns } from './stand-ins.ts';
import { createIssuer } from './tokens.ts';
import { createScenes, type World } from './world.ts';

/** AWS's intervals of 15 s become half a second; limits on streams stay those of AWS (decision 0121). */
const PACE = 30;
const LOOK_MS = 200;
const LIMIT_MS = 300_000;
const GRACE_S = 2;

/** The rehearsal's world, and the processes behind it. */
export interface RehearsalWorld extends World {
  /** Has the files of this world. */
  folder: string;
  emulator: Emulator;
  standIns: StandIns;
  events: RunnerEvent[];
  /** The same world without the results of earlier scenes, for example after a change of the stand-ins. */
  fresh: (scene: (world: World) => Promise<unknown>) => World;
  end: () => Promise<void>;
}

/** For tests: the longest time of any wait, an image that a wrong ECS would run, and clients that get wrong answers. */
export interface RehearsalChange {
  limitMs?: number;
  change?: (image: RunnableImage) => RunnableImage;
  misreport?: (clients: Clients) => void;
}

/** Starts an emulator with the probe stack, HAProxy and the task runners. All end with this process. */
export async function startRehearsalWorld(
  context: StartContext,
  onStep: (what: string) => void,
  { limitMs = LIMIT_MS, change = (image) => image, misreport }: RehearsalChange = {},
): Promise<RehearsalWorld> {
  const folder = context.dataDir;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const python = await ensureEmulatorPython(context, () => {});
  onStep('emulator');
  const emulator = await startEmulator({
    python,
    env: context.env,
    logPath: join(folder, 'emulator.log'),
    signal: context.signal,
  });
  const ends: (() => Promise<unknown>)[] = [async () => emulator.stop()];
  const end = async (): Promise<void> => {
    for (const one of ends.toReversed()) await one();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const certificates = await makeCertificates(python, folder, context);
    const issuer = await createIssuer();
    const clients = createClients(emulatorSettings(emulator.url));
    const ledger = new Ledger(join(folder, 'made.jsonl'));
    const stack = await makeStack({
      clients,
      ledger,
      name: 'lornu-conformance',
      region: REGION,
      certificates,
      keySet: JSON.stringify({ keys: issuer.keys }),
      from: '0.0.0.0/0',
      onStep,
    });
    misreport?.(clients);
    onStep('HAProxy and task runners');
    const events: RunnerEvent[] = [];
    const failures: unknown[] = [];
    const standIns = await startStandIns(
      {
        clients: createAwsClients(emulator.url),
        sideDoor: emulator.sideDoor,
        balancerArn: stack.balancer.arn,
        certificateFolder: folder,
        tokenKeys: issuer.keys,
        services: [
          { cluster: stack.clusters.single, service: 'none' },
          ...SERVICES.map((service) => ({ cluster: stack.clusters[service], service })),
        ],
        pull: await pullProbe(folder, change),
        pace: createPace(PACE),
        emit: (event) => events.push(event),
        onFailure: (error) => failures.push(error),
      },
      context,
    );
    ends.push(standIns.stop);
    const scenes = createScenes();
    const world: RehearsalWorld = {
      target: 'rehearsal',
      clients,
      stack,
      probes: createProbeMaker(clients, ledger, stack, GRACE_S),
      ask: async (listener, request, certificate = 'none') => {
        const [cert = '', key = ''] = clientPem(certificates, certificate);
        const port = standIns.ports[listener] ?? 0;
        const tls = { servername: HOST, ca: certificates.authority, ...(cert ? { cert, key } : {}) };
        return askAt({ host: '127.0.0.1', port, ...(listener === 80 ? {} : { tls }) }, request);
      },
      token: issuer.token,
      peerCertificate: certificates.peer,
      listenerPort: (local) =>
        Object.entries(standIns.ports).find(([, port]) => String(port) === local)?.[0] ?? local,
      lookMs: LOOK_MS,
      limitMs,
      scene: async (play) => scenes(world)(play),
      broken: () => {
        if (failures.length > 0) throw failures[0];
      },
      say: onStep,
      folder,
      emulator,
      standIns,
      events,
      fresh: (scene) => {
        const other: World = { ...world };
        other.scene = createScenes(new Map([[scene, world.scene(scene)]]))(other);
        return other;
      },
      end,
    };
    return world;
  } catch (error) {
    await end();
    throw error;
  }
}

/** Certificate and key of a TLS client. */
export function clientPem(
  certificates: Certificates,
  which: 'peer' | 'foreign' | 'none',
): [string?, string?] {
  if (which === 'none') return [];
  // The server's own certificate, which the peers' authority has not signed.
  const file = which === 'peer' ? certificates.peer : certificates.server;
  return [file, file];
}

/** Creates the certificates of a load balancer for this host in the folder. */
export async function makeCertificates(
  python: string,
  folder: string,
  context: Pick<StartContext, 'env' | 'signal'>,
  host = HOST,
): Promise<Certificates> {
  await runCommand([python, join(import.meta.dir, '../aws/certificates.py'), folder, host], {
    env: context.env,
    signal: context.signal,
    timeoutMs: 60_000,
    what: 'The certificates of the probes could not be created.',
    next: 'Read the output above.',
  });
  const [authority = '', server = '', peerAuthority = '', peer = ''] = await Promise.all(
    ['authority', 'server', 'peer-authority', 'peer'].map(async (name) =>
      readFile(join(folder, `${name}.pem`), 'utf8'),
    ),
  );
  return { authority, server, peerAuthority, peer };
}

/** The probe's image is this machine's bun, which runs programs for Node.js under that name. */
async function pullProbe(
  folder: string,
  change: (image: RunnableImage) => RunnableImage,
): Promise<PullImage> {
  const programs = join(folder, 'programs');
  await mkdir(programs);
  await symlink(process.execPath, join(programs, 'node'));
  const image = { command: ['node'], env: { HOME: '/tmp' }, folder, path: [programs] };
  return async ({ image: name }) => {
    if (name === MISSING_IMAGE) throw new PullError(name, 'not found');
    return change({
      title: 'the probe',
      start: async (options) => startProcessContainer(image, options),
    });
  };
}
