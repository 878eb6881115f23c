import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { type Child, childEnded } from '@lornu/ops/process/child.ts';
import { runSteps, type Step, type StepIo } from '@lornu/ops/steps/run-steps.ts';
import { watchAlarms } from '../alarms/watch-alarms.ts';
import { readFirewall } from '../load-balancer/firewall.ts';
import { readBalancer } from '../load-balancer/read-balancer.ts';
import { GOOGLE_SERVICES } from '../network/outside.ts';
import { createTaskSessions } from '../iam/task-sessions.ts';
import type { Standing, RehearsalContext } from '../run/standing.ts';
import { createPace, REHEARSAL_PACE } from '../tasks/pace.ts';
import type { RunningTask } from '../tasks/running-task.ts';
import { type RunnerEvent, describeEvent } from '../tasks/task-event.ts';
import { startTaskRunner } from '../tasks/task-runner.ts';
import { addedVariables, reasonsOf, vpcVariables, type StandInAddresses } from './added-variables.ts';
import { explainFailure, explainGone } from './explain-failure.ts';
import { fillSecrets } from './fill-secrets.ts';
import { startGcpAgent } from './gcp-agent.ts';
import { startGoogleSide } from './google-side.ts';
import { createContainerImages } from './container-images.ts';
import { imagesFolder, openImageStore, type TaskForm } from './images.ts';
import { createProcessImages } from './process-images.ts';
import { readApplied } from './read-applied.ts';
import { requireTools } from './require-tools.ts';
import type { Parts } from './serve-parts.ts';
import { whyNoNamespaces } from '@lornu/ops/setup/network-namespaces.ts';
import { toServedTask, type ServedRehearsal, type ServedTask } from './served.ts';
import { startHaproxy } from './start-haproxy.ts';
import { startAppliedVpc, sayNetwork } from './start-applied-vpc.ts';
import { syncTargets } from './sync-targets.ts';
import { createTokenIssuer } from './tokens.ts';
import { untilSteady } from './until-steady.ts';

export interface ServeOptions {
  /** The factor by which AWS's intervals are shortened; default REHEARSAL_PACE, 1 for AWS's own. */
  pace?: number;
  /** The local port for each listener's port; free ones by default. */
  ports?: Readonly<Record<number, number>>;
  /** How tasks run; default: as processes. */
  tasks?: TaskForm;
  /** Runs the agent of Google Cloud as the service's peer. */
  peer?: boolean;
  /** Everything on loopback, also where this machine can build the applied network. */
  loopback?: boolean;
}

export type ServeContext = RehearsalContext & Pick<CliContext, 'redact'>;

/** Of the agent on Google Cloud, as peer_url of the rehearsal names it. */
const PEER_URL = `https://${GOOGLE_SERVICES.peer.names[0]}`;
const HEALTHY_WITHIN_MS = 180_000;
/** Time after which the end of a program is noticed. */
const ENDED_MS = 1_000;

/**
 * Starts the applied environment: Google's side, the load balancer and the tasks, and waits until the desired number of
 * tasks is healthy. If a step fails or the signal is aborted, everything that it started is stopped.
 */
export async function serve(
  standing: Standing,
  options: ServeOptions,
  context: ServeContext,
): Promise<ServedRehearsal> {
  const folder = join(standing.workspace.folder, 'serve');
  const start = { ...context, dataDir: folder };
  const pace = createPace(options.pace ?? REHEARSAL_PACE);
  const authorityFile = join(standing.workspace.folder, 'authority.pem');
  const imageRunner =
    options.tasks === 'image'
      ? createContainerImages(join(folder, 'containers'), authorityFile, context)
      : createProcessImages(imagesFolder(standing.workspace.folder), context);
  const images = openImageStore(standing.workspace.folder, imageRunner);
  const parts: Parts = {};
  const events: RunnerEvent[] = [];
  const listeners = new Set<(event: RunnerEvent) => void>();
  const lineListeners = new Set<(task: ServedTask, line: string) => void>();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  let stopped = false;
  let runs = '';
  const whyLoopback = options.loopback ? 'as asked' : await whyNoNamespaces(context.env);
  const inVpc = whyLoopback === undefined;

  const emit = (event: RunnerEvent): void => {
    events.push(event);
    for (const listener of listeners) listener(event);
  };
  const fail = (error: unknown): void => {
    if (!stopped) failure.reject(error);
  };
  const giveUp = async (error: unknown): Promise<void> => {
    const explained = await explainFailure(error, standing.emulator);
    // The ended program explains more than the part that misses it.
    await Bun.sleep(ENDED_MS);
    fail(explained);
  };
  const view = (task: RunningTask): ServedTask => toServedTask(task, folder);
  const watch = (child: Child): void => {
    void child.ended.then((how) => fail(childEnded(child, how, './lornu rehearse serve')));
  };
  const stop = async (): Promise<void> => {
    stopped = true;
    await parts.runner?.stop();
    await parts.alarms?.stop();
    await imageRunner.end();
    await parts.targets?.stop();
    await parts.haproxy?.child.stop();
    await parts.vpc?.stop();
    await parts.peer?.stop();
    await parts.google?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  const need = <K extends keyof Parts>(name: K): NonNullable<Parts[K]> => {
    const part = parts[name];
    if (part === undefined) throw new Error(`${name} has not been started`);
    return part;
  };
  const addresses = (): StandInAddresses => {
    const { gemini, firestore, storage, google } = need('google');
    return {
      gemini: gemini.url,
      firestoreHost: firestore.host,
      storage: storage.url,
      google: google.url,
      secretsManager: standing.emulator.url,
      ...(parts.peer ? { peer: parts.peer.peerUrl } : {}),
      authorityFile,
    };
  };

  const ports = (): Record<number, number> => parts.vpc?.doors ?? need('haproxy').ports;
  const sessions = createTaskSessions(standing.emulator);

  const steps: Step[] = [
    sayNetwork(whyLoopback),
    {
      id: 'read',
      title: 'Read what was applied, fill secrets that have no value',
      run: async () => {
        await requireTools(context, inVpc);
        // A killed command leaves its files behind.
        await rm(folder, { recursive: true, force: true });
        await mkdir(folder, { recursive: true });
        parts.applied = await readApplied(standing);
        const filled = await fillSecrets(standing.clients.secrets, parts.applied.google.signInClient);
        return filled.length > 0 ? `${filled.length} secrets got a value for this rehearsal` : 'all have one';
      },
    },
    {
      id: 'image',
      title: options.tasks === 'image' ? 'Build the image' : 'Build what the image holds',
      run: async ({ line }) => imageRunner.build(need('applied').runtime, line),
    },
    {
      id: 'google',
      title: "Start Google's side: Gemini, Firestore, Cloud Storage, sign-in and federation, all stand-ins",
      run: async () => {
        const { google, publicUrl } = need('applied');
        parts.google = await startGoogleSide(google, [`${publicUrl}/auth/callback`], start, {
          hasNames: inVpc,
        });
        parts.google.children.forEach(watch);
      },
    },
    ...(options.peer
      ? [
          {
            id: 'peer',
            title: "Start the agent of Google Cloud as the service's peer",
            run: async ({ line }: StepIo): Promise<string> => {
              parts.peer = await startGcpAgent(
                need('applied').google,
                need('google'),
                start,
                line,
                inVpc ? PEER_URL : undefined,
              );
              parts.peer.failed.catch(fail);
              return parts.peer.url;
            },
          },
        ]
      : []),
    ...(inVpc
      ? [
          {
            id: 'network',
            title:
              'Build the applied VPC from network namespaces: routes, NAT, groups, ACLs, endpoints, names',
            run: async () => {
              const { google, peer } = parts;
              parts.vpc = await startAppliedVpc(
                standing,
                { google, peer, applied: need('applied'), pace, onFailure: giveUp, ports: options.ports },
                start,
              );
              parts.vpc.children.forEach(watch);
            },
          },
        ]
      : []),
    {
      id: 'balancer',
      title: 'Start HAProxy as the load balancer that was applied',
      run: async () => {
        const balancer = await readBalancer(standing.clients.elb, need('applied').loadBalancerArn);
        parts.balancer = balancer;
        // On loopback all clients have one address, whose requests it would count together.
        const firewall = inVpc
          ? await readFirewall(standing.clients.waf, need('applied').loadBalancerArn)
          : undefined;
        parts.haproxy = await startHaproxy(
          {
            balancer,
            certificateFolder: standing.workspace.folder,
            folder: join(folder, 'haproxy'),
            tokenKeys: need('google').google.keys.jwks().keys,
            pace,
            wantedPorts: options.ports ?? {},
            firewall,
            inVpc: parts.vpc?.balancer,
          },
          start,
        );
        watch(parts.haproxy.child);
        parts.targets = syncTargets({
          elb: standing.clients.elb,
          sideDoor: standing.emulator.sideDoor,
          control: parts.haproxy.control,
          groups: balancer.targetGroups,
          onFailure: giveUp,
          changed: () => parts.runner?.poke(),
        });
        parts.alarms = watchAlarms({
          cloudwatch: standing.clients.cloudwatch,
          elb: standing.clients.elb,
          control: parts.haproxy.control,
          loadBalancerArn: need('applied').loadBalancerArn,
          groups: balancer.targetGroups,
          pace,
          onFailure: giveUp,
        });
        const passed = firewall?.notActedOn.length ? `; not acted on: ${firewall.notActedOn.join(', ')}` : '';
        return `${balancer.listeners.map(({ port }) => `${port} at ${ports()[port]}`).join(', ')}${passed}`;
      },
    },
    {
      id: 'tasks',
      title: 'Run the tasks of the service until they are healthy behind it',
      run: async ({ line }) => {
        const { cluster, service } = need('applied');
        const at = addresses();
        let said: readonly string[] = [];
        listeners.add((event) => line(describeEvent(event)));
        parts.runner = await startTaskRunner({
          clients: standing.clients,
          sideDoor: standing.emulator.sideDoor,
          cluster,
          service,
          pace,
          pull: async (container) => {
            const image = await images.pull(container);
            runs = image.title;
            return image;
          },
          addedVariables: (address) => (inVpc ? vpcVariables(authorityFile) : addedVariables(address, at)),
          network: parts.vpc && { tasks: parts.vpc.tasks, agentPort: parts.vpc.agentPort },
          credentials: async (taskId, role) => {
            const answer = need('google').google.taskCredentials.toAnswer(taskId, role);
            // Google's federation knows them already.
            await sessions.accept(role, taskId, await answer.clone().json());
            return answer;
          },
          asRole: sessions.asRole,
          folder,
          emit,
          onLine: (task, text) => {
            said = task.tail;
            for (const listener of lineListeners) listener(view(task), text);
          },
          onFailure: giveUp,
        });
        await untilSteady(events, listeners, failure.promise, {
          withinMs: HEALTHY_WITHIN_MS,
          signal: context.signal,
          said: () => said,
        });
        return `${parts.runner.tasks().length} tasks: ${runs}`;
      },
    },
  ];
  try {
    await runSteps(steps, context.emit);
  } catch (error) {
    await stop();
    throw await explainGone(error, standing.emulator);
  }
  const applied = need('applied');
  const vpc = parts.vpc;
  const { gemini, firestoreHost, storage, google } = addresses();
  return {
    url: `https://127.0.0.1:${ports()[443]}`,
    publicUrl: applied.publicUrl,
    ports: ports(),
    caFile: authorityFile,
    peerCertificateFile: join(standing.workspace.folder, 'peer.pem'),
    applied,
    token: createTokenIssuer(need('google').google, {
      issuer: applied.google.tokenIssuer,
      audience: applied.tokenAudience,
    }),
    google: need('google').google,
    ...(parts.peer ? { peerUrl: parts.peer.url, googleAgent: parts.peer } : {}),
    standIns: { gemini, firestoreHost, storage, google, emulator: standing.emulator.url },
    standInPids: {
      gemini: need('google').gemini.child.pid,
      firestore: need('google').firestore.child.pid,
    },
    addedVariables: reasonsOf(inVpc ? vpcVariables(authorityFile) : addedVariables('', addresses())),
    network: inVpc ? 'the applied VPC, from network namespaces' : `loopback: ${whyLoopback}`,
    ...(vpc ? { vpc } : {}),
    balancerConfig: need('haproxy').configPath,
    images,
    runs,
    tasks: () => need('runner').tasks().map(view),
    events: () => events,
    onEvent: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onLine: (listener) => {
      lineListeners.add(listener);
      return () => void lineListeners.delete(listener);
    },
    failed: failure.promise,
    stop,
  };
}
