import { costOf, PRICES_READ_ON } from '@lornu/backend/model/prices.ts';
import { MODEL } from '@lornu/agents/model.ts';
import last from '../last-run.json' with { type: 'json' };

/** The average stream. */
export const WORKLOAD = {
  /** The time from the message to the end of the answer. */
  turnSeconds: 30,
  modelCalls: 1.3,
  promptTokens: 3_000,
  answerTokens: 500,
  /** Bytes to the client, including the frame around each piece. */
  bytesPerSecond: 2_500,
} as const;

/**
 * The cost of a turn for the service on Firestore. What `./lornu bench --save` measured last is from its file; a vCPU of
 * Fargate differs from that machine's. `tests/firestore/costs.test.ts` counts the operations of a second.
 */
export const SERVICE = {
  cpuMsPerTurn: last.turns.cpuMs.firestore.median,
  /** For a stream with two chunks a second. */
  cpuMsPerStreamSecond: last.streamSecondMs.firestore,
  bytesPerStream: 200_000,
  processBytes: 250_000_000,
  /** For a model call, so with its event; a turn has more of them than the measured one. */
  writesPerTurn: last.turns.operations.writes * WORKLOAD.modelCalls,
  readsPerTurn: last.turns.operations.reads * WORKLOAD.modelCalls,
  deletesPerTurn: last.turns.operations.deletes,
  /** Frames; the lease is renewed three times a minute. */
  writesPerStreamSecond: 2.55,
  readsPerStreamSecond: 2.75,
  /** Of one process with turns: its heartbeat, requests to cancel, the heartbeats of others. */
  writesPerTaskSecond: 1,
  readsPerTaskSecond: 2.5,
} as const;

/** The environment with Terraform's default values. */
export const ENVIRONMENT = {
  streamsPerTask: 500,
  tasks: { min: 2, max: 6 },
  /** The largest values that terraform/aws/staging accepts. */
  mostStreamsPerTask: 3_000,
  mostTasks: 20,
  vcpu: 0.5,
  bytes: 1024 ** 3,
  /** The target value of autoscaling. */
  cpuShare: 0.6,
} as const;

/** Limits of external services, each with its source. */
export const LIMITS = {
  /**
   * https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html: connections to one destination, for each
   * address.
   */
  natConnectionsPerAddress: 55_000,
  natAddresses: 8,
  /**
   * https://cloud.google.com/firestore/docs/best-practices: writes to one collection with an indexed field that only
   * grows.
   */
  sequentialWritesPerSecond: 500,
  /** The same page: start with 500 operations a second on a collection, and add 50 % every five minutes. */
  ramp: { start: 500, factor: 1.5, minutes: 5 },
  /**
   * Gemini's own page names no numbers for paid tiers (https://ai.google.dev/gemini-api/docs/rate-limits); these are
   * orders of magnitude from secondary sources. AI Studio shows the limits of a project.
   */
  geminiRequestsPerMinute: { 'tier 1': 300, 'tier 2': 1_000, 'tier 3': 4_000 },
} as const;

/** The day on which the model's prices were read. */
const PRICES_ON = Date.parse(PRICES_READ_ON);

/** USD of us-east-1 and us-east4, without tax; docs/aws-compute-strategy.md has the sources of AWS's. */
const PRICES = {
  vcpuHour: 0.03238,
  gibHour: 0.00356,
  natHour: 0.045,
  natGigabyte: 0.045,
  balancerHour: 0.0225,
  capacityUnitHour: 0.008,
  /** https://aws.amazon.com/elasticloadbalancing/pricing: the capacity of one LCU. */
  capacityUnit: { newPerSecond: 25, active: 3_000, gigabytesPerHour: 1 },
  /** https://cloud.google.com/firestore/pricing, per 100,000 operations; from secondary sources. */
  firestore: { reads: 0.03, writes: 0.09, deletes: 0.01 },
} as const;

/** Documents that Firestore bills. */
export interface Operations {
  reads: number;
  writes: number;
  deletes: number;
}

/** What Firestore costs for a thousand turns with these operations each, in US dollars. */
export function usdOfThousandTurns({ reads, writes, deletes }: Operations): number {
  const { firestore } = PRICES;
  const perTurn = reads * firestore.reads + writes * firestore.writes + deletes * firestore.deletes;
  return (1_000 * perTurn) / 100_000;
}

/** The needs of `streams` simultaneous streams. */
export interface Need {
  streams: number;
  turnsPerSecond: number;
  /** Tasks needed by streams, by CPU and by memory. The largest value counts. */
  tasks: { byStreams: number; byCpu: number; byMemory: number; needed: number };
  natAddresses: number;
  firestore: { reads: number; writes: number; deletes: number; rampMinutes: number };
  gemini: { requestsPerMinute: number; tokensPerMinute: number };
  usdPerHour: { tasks: number; network: number; firestore: number; gemini: number };
  /** Sentences about the limits that are reached. */
  reached: string[];
}

/** Streams that a task can carry before autoscaling by CPU adds another. */
export function streamsOfTask(): number {
  const { cpuMsPerTurn, cpuMsPerStreamSecond } = SERVICE;
  const msPerSecond = cpuMsPerTurn / WORKLOAD.turnSeconds + cpuMsPerStreamSecond;
  const byCpu = (ENVIRONMENT.vcpu * ENVIRONMENT.cpuShare * 1_000) / msPerSecond;
  return Math.floor(Math.min(ENVIRONMENT.streamsPerTask, byCpu));
}

/** Computes the needs of a constant number of streams. */
export function needOf(streams: number): Need {
  const turnsPerSecond = streams / WORKLOAD.turnSeconds;
  const cpu = (turnsPerSecond * SERVICE.cpuMsPerTurn + streams * SERVICE.cpuMsPerStreamSecond) / 1_000;
  const byStreams = Math.ceil(streams / ENVIRONMENT.streamsPerTask);
  const byCpu = Math.ceil(cpu / (ENVIRONMENT.vcpu * ENVIRONMENT.cpuShare));
  const byMemory = Math.ceil(
    (streams * SERVICE.bytesPerStream) / (ENVIRONMENT.bytes * 0.75 - SERVICE.processBytes),
  );
  const needed = Math.max(ENVIRONMENT.tasks.min, byStreams, byCpu, byMemory);
  const writes =
    turnsPerSecond * SERVICE.writesPerTurn +
    streams * SERVICE.writesPerStreamSecond +
    needed * SERVICE.writesPerTaskSecond;
  const reads =
    turnsPerSecond * SERVICE.readsPerTurn +
    streams * SERVICE.readsPerStreamSecond +
    needed * SERVICE.readsPerTaskSecond;
  const deletes = turnsPerSecond * SERVICE.deletesPerTurn;
  const requestsPerMinute = turnsPerSecond * 60 * WORKLOAD.modelCalls;
  const tokensPerMinute =
    turnsPerSecond * 60 * (WORKLOAD.promptTokens * WORKLOAD.modelCalls + WORKLOAD.answerTokens);
  const need = {
    streams,
    turnsPerSecond,
    tasks: { byStreams, byCpu, byMemory, needed },
    natAddresses: Math.ceil(streams / LIMITS.natConnectionsPerAddress),
    firestore: { reads, writes, deletes, rampMinutes: rampMinutes(writes) },
    gemini: { requestsPerMinute, tokensPerMinute },
  };
  return { ...need, usdPerHour: priceOf(need), reached: reachedBy(need) };
}

/** Minutes until Firestore can take this many operations a second, by Google's rule. */
function rampMinutes(perSecond: number): number {
  const { start, factor, minutes } = LIMITS.ramp;
  return perSecond <= start ? 0 : Math.ceil(Math.log(perSecond / start) / Math.log(factor)) * minutes;
}

function priceOf({ streams, turnsPerSecond, tasks, firestore }: Omit<Need, 'usdPerHour' | 'reached'>) {
  const { vcpu, bytes } = ENVIRONMENT;
  const gigabytes = (streams * WORKLOAD.bytesPerSecond * 3_600) / 1e9;
  const { newPerSecond, active, gigabytesPerHour } = PRICES.capacityUnit;
  const units = Math.max(turnsPerSecond / newPerSecond, streams / active, gigabytes / gigabytesPerHour);
  const usage = {
    promptTokenCount: WORKLOAD.promptTokens * WORKLOAD.modelCalls,
    candidatesTokenCount: WORKLOAD.answerTokens,
  };
  const tokens = costOf(MODEL, usage, PRICES_ON) ?? 0;
  return {
    tasks: tasks.needed * (vcpu * PRICES.vcpuHour + (bytes / 1024 ** 3) * PRICES.gibHour),
    network:
      PRICES.natHour + gigabytes * PRICES.natGigabyte + PRICES.balancerHour + units * PRICES.capacityUnitHour,
    firestore: 3.6 * usdOfThousandTurns(firestore),
    gemini: turnsPerSecond * 3_600 * tokens,
  };
}

function reachedBy({
  tasks,
  natAddresses,
  firestore,
  gemini,
}: Omit<Need, 'usdPerHour' | 'reached'>): string[] {
  const tier = Object.entries(LIMITS.geminiRequestsPerMinute).find(
    ([, most]) => gemini.requestsPerMinute <= most,
  );
  return [
    tier === undefined
      ? 'Gemini: more than the highest tier; ask for a quota, or use Vertex AI with provisioned throughput'
      : tier[0] === 'tier 1'
        ? ''
        : `Gemini: ${tier[0]}`,
    tasks.needed > ENVIRONMENT.mostTasks
      ? 'task_count.max: Terraform accepts at most 20'
      : tasks.needed > ENVIRONMENT.tasks.max
        ? 'task_count.max: 6 by default'
        : '',
    firestore.rampMinutes > 0 ? `Firestore: ${firestore.rampMinutes} minutes to grow to this load` : '',
    natAddresses > LIMITS.natAddresses
      ? 'NAT gateway: more than 8 addresses'
      : natAddresses > 1
        ? `NAT gateway: ${natAddresses} addresses`
        : '',
  ].filter((one) => one !== '');
}
