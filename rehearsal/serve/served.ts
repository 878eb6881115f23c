import type { GoogleStandIn } from '@lornu/standins/google/server.ts';
import { join } from 'node:path';
import type { RunningTask } from '../tasks/running-task.ts';
import type { RunnerEvent } from '../tasks/task-event.ts';
import type { AddedVariable } from './added-variables.ts';
import type { GcpAgent } from './gcp-agent.ts';
import type { ImageStore } from './images.ts';
import type { AppliedService } from './read-applied.ts';
import type { ServedVpc } from './start-applied-vpc.ts';
import type { TokenClaims } from './tokens.ts';

/** A running environment, for the parts of the rehearsal that use it. */
export interface ServedRehearsal {
  /** https://127.0.0.1:PORT of the HTTPS listener; the certificate has this address and the public name. */
  url: string;
  /** The service's public address, at the standard port: reachable through `ports` if resolved to 127.0.0.1. */
  publicUrl: string;
  /** The local port for each listener's port: 80, 443, 8443. */
  ports: Readonly<Record<number, number>>;
  /** PEM of the CA that signed the load balancer's certificate. */
  caFile: string;
  /** PEM of a client certificate and its key, for the listener with mutual TLS. */
  peerCertificateFile: string;
  /** What was applied: cluster, service, audience and the like. */
  applied: AppliedService;
  /** An ID token with Google's claims. */
  token: (claims?: TokenClaims) => Promise<string>;
  google: GoogleStandIn;
  /** The address of the agent of Google Cloud, if it runs. */
  peerUrl?: string;
  /** Stops and starts that agent. */
  googleAgent?: Pick<GcpAgent, 'kill' | 'start'>;
  /** Addresses of the stand-ins. */
  standIns: { gemini: string; firestoreHost: string; storage: string; google: string; emulator: string };
  /** Their process groups, for pausing one. */
  standInPids: { gemini: number; firestore: number };
  /** What the rehearsal added to the container's environment, with the reason. */
  addedVariables: Readonly<Partial<Record<AddedVariable, string>>>;
  /** The network that it runs in, in words. */
  network: string;
  /** Undefined if everything is on loopback. */
  vpc?: Pick<ServedVpc, 'callersOf' | 'inside' | 'resolverPid'>;
  /** The path of HAProxy's configuration. The control socket is in the same folder. */
  balancerConfig: string;
  images: ImageStore;
  /** Description of how the image runs here. */
  runs: string;
  /** The current tasks, with their pid, address and log. */
  tasks: () => ServedTask[];
  /** All events so far, oldest first. */
  events: () => readonly RunnerEvent[];
  /** Calls back for each event from now on; the returned function ends that. */
  onEvent: (listener: (event: RunnerEvent) => void) => () => void;
  /** Calls back for lines that tasks write from now on. */
  onLine: (listener: (task: ServedTask, line: string) => void) => () => void;
  /** Rejects when a stand-in, HAProxy or the emulator is gone; never resolves. */
  failed: Promise<never>;
  /** Stops everything that serve started; the applied environment stays. */
  stop: () => Promise<void>;
}

export interface ServedTask {
  id: string;
  pid: number | undefined;
  address: string;
  subnetId: string;
  port: number;
  phase: RunningTask['phase'];
  healthy: boolean;
  taskDefinition: string;
  deploymentId: string | undefined;
  logPath: string;
}

/** The shown data of a task; its log is in the folder. */
export function toServedTask(
  { id, pid, phase, wasHealthy, settings }: RunningTask,
  folder: string,
): ServedTask {
  return {
    id,
    pid,
    address: settings.address,
    subnetId: settings.subnetId,
    port: settings.plan.container.port,
    phase,
    healthy: phase === 'running' && wasHealthy,
    taskDefinition: settings.plan.name,
    deploymentId: settings.deploymentId,
    logPath: join(folder, 'logs', `task-${id}.log`),
  };
}
