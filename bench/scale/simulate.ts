import { ENVIRONMENT, SERVICE, WORKLOAD } from './model.ts';

/** The result of a simulated hour with this many streams. */
export interface Simulated {
  /** Tasks at the end, when the load was constant. */
  tasks: number;
  /** The mean of the last minutes. */
  streams: number;
  writesPerSecond: number;
  /** The most streams in one task, at any second. */
  mostInTask: number;
  /** Seconds in which the busiest task needed more CPU than it has. */
  overloadedSeconds: number;
}

const START_SECONDS = 60;
const SETTLE_SECONDS = 900;
/** Target tracking adds tasks after three minutes above the target. */
const ALARM_SECONDS = 180;
/** The standard deviation of the logarithm of a turn's duration (log-normal distribution). */
const SIGMA = 0.8;

/**
 * Simulates an hour in steps of one second. Turns arrive at random. Their rate grows over `growSeconds` to the rate
 * that keeps `streams` open. The load balancer gives each turn to the task with the fewest streams. Autoscaling adds
 * tasks as ECS does. The same `random` gives the same result. The simulation checks the formulas of model.ts, which
 * ignore chance and time.
 */
export function simulate(streams: number, growSeconds: number, random: () => number): Simulated {
  const seconds = growSeconds + SETTLE_SECONDS;
  const ends: Uint16Array[] = Array.from({ length: seconds + 1 }, () => new Uint16Array(0));
  const tasks: number[] = Array.from({ length: ENVIRONMENT.tasks.min }, () => 0);
  const starting: number[] = [];
  const found: Simulated = { tasks: 0, streams: 0, writesPerSecond: 0, mostInTask: 0, overloadedSeconds: 0 };
  const tail = 300;
  let above = 0;
  for (let second = 0; second < seconds; second += 1) {
    while (starting[0] !== undefined && starting[0] <= second) {
      starting.shift();
      tasks.push(0);
    }
    for (const task of ends[second] ?? []) tasks[task] = (tasks[task] ?? 0) - 1;
    ends[second] = new Uint16Array(0);
    const rate = (streams / WORKLOAD.turnSeconds) * Math.min(1, (second + 1) / growSeconds);
    const begun = poisson(rate, random);
    const given = giveOut(tasks, begun);
    const turns = new Map<number, number[]>();
    for (const task of given) {
      const end = Math.min(seconds, second + Math.max(1, Math.round(duration(random))));
      const list = turns.get(end);
      if (list) list.push(task);
      else turns.set(end, [task]);
    }
    for (const [end, list] of turns) ends[end] = join(ends[end] ?? new Uint16Array(0), list);
    const open = tasks.reduce((sum, count) => sum + count, 0);
    const most = Math.max(...tasks);
    const cpu = cpuOf(open / tasks.length, begun / tasks.length);
    found.mostInTask = Math.max(found.mostInTask, most);
    if (cpuOf(most, begun / tasks.length) > ENVIRONMENT.vcpu) found.overloadedSeconds += 1;
    const load = Math.max(
      open / tasks.length / ENVIRONMENT.streamsPerTask,
      cpu / (ENVIRONMENT.vcpu * ENVIRONMENT.cpuShare),
    );
    above = load > 1 ? above + 1 : 0;
    if (above >= ALARM_SECONDS && starting.length === 0) {
      const more = Math.ceil(tasks.length * load) - tasks.length;
      starting.push(...Array.from({ length: more }, () => second + START_SECONDS));
    }
    if (second >= seconds - tail) {
      found.streams += open / tail;
      const ofTasks = tasks.length * SERVICE.writesPerTaskSecond;
      const ofStreams = begun * SERVICE.writesPerTurn + open * SERVICE.writesPerStreamSecond;
      found.writesPerSecond += (ofTasks + ofStreams) / tail;
    }
  }
  return { ...found, tasks: tasks.length };
}

/** The CPU that a task needs, in vCPU. */
function cpuOf(streams: number, turns: number): number {
  return (turns * SERVICE.cpuMsPerTurn + streams * SERVICE.cpuMsPerStreamSecond) / 1_000;
}

/** Gives `count` new turns to the tasks with the fewest turns. Returns the task of each turn. */
function giveOut(tasks: number[], count: number): number[] {
  const order = tasks.map((_, task) => task).toSorted((a, b) => (tasks[a] ?? 0) - (tasks[b] ?? 0));
  const given: number[] = [];
  for (let at = 0; given.length < count;) {
    const task = order[at] ?? 0;
    const next = order[at + 1];
    tasks[task] = (tasks[task] ?? 0) + 1;
    given.push(task);
    // The next task now has fewer turns; otherwise start again with the first, which has the fewest of all.
    at = next !== undefined && (tasks[next] ?? 0) < (tasks[task] ?? 0) ? at + 1 : 0;
  }
  return given;
}

function join(before: Uint16Array, more: readonly number[]): Uint16Array {
  const all = new Uint16Array(before.length + more.length);
  all.set(before);
  all.set(more, before.length);
  return all;
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function duration(random: () => number): number {
  return WORKLOAD.turnSeconds * Math.exp(SIGMA * normal(random) - SIGMA ** 2 / 2);
}

function poisson(mean: number, random: () => number): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}
