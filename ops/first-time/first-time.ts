import { CliError } from '../base/cli-error.ts';
import type { Emit } from '../steps/step-events.ts';
import { ACCOUNT, DEPLOYED } from './aws.ts';
import { BOOTSTRAP } from './bootstrap.ts';
import { DNS } from './dns.ts';
import { PIPELINE } from './github-pipeline.ts';
import { REPOSITORY } from './github-repository.ts';
import { GOOGLE } from './google.ts';
import { HCP } from './hcp.ts';
import {
  type Change,
  type Provider,
  type Requirement,
  type Sighting,
  unknown,
  missing,
} from './requirement.ts';
import type { Scene } from './scene.ts';
import { interrupted, type Progress } from './interrupted.ts';
import { explainAws } from '../delivery/aws/explain-aws.ts';

/** Everything that a first deployment needs, in order of creation. */
export const REQUIREMENTS: readonly Requirement[] = [
  ...HCP,
  ...ACCOUNT,
  ...REPOSITORY,
  ...DNS,
  ...BOOTSTRAP,
  ...GOOGLE,
  ...PIPELINE,
  ...DEPLOYED,
];

export interface Found {
  id: string;
  provider: Provider;
  title: string;
  state: Sighting['state'];
  seen: string;
  next?: string;
  /** A skipped check does not count as missing. */
  optional?: true;
  /** What this run changed. */
  changed?: string;
}

export interface FirstTimeOptions {
  scene: Scene;
  /** All providers if empty; what their requirements depend on is checked too. */
  providers: readonly Provider[];
  /** Called before each change; nothing is changed without a yes. */
  confirm: (id: string, change: Change) => Promise<boolean>;
  emit: Emit;
}

/**
 * Checks the requirements in order and creates missing ones after confirmation. Keeps no state: a second run sees what
 * exists and does the rest. Throws CliError, with what was done, if it is interrupted.
 */
export async function firstTime(options: FirstTimeOptions): Promise<Found[]> {
  const { scene, emit } = options;
  const found: Found[] = [];
  const chosen = choose(options.providers);
  const progress: Progress = { changed: [] };
  emit({ kind: 'plan', steps: chosen.map(({ id, title }) => ({ id, title })) });
  try {
    for (const requirement of chosen) {
      scene.signal.throwIfAborted();
      const { id, title } = requirement;
      const beganMs = Date.now();
      emit({ kind: 'begin', id, title, atMs: beganMs });
      // A later one may need what an earlier one made.
      const one = await goThrough(requirement, found, progress, options);
      found.push(one);
      const outcome = ({ ok: 'done', missing: 'failed', unknown: 'skipped' } as const)[one.state];
      emit({ kind: 'end', id, outcome, detail: one.changed ?? one.seen, elapsedMs: Date.now() - beganMs });
    }
    return found;
  } catch (error) {
    throw scene.signal.aborted ? interrupted(progress, found.length, chosen.length) : error;
  }
}

/** The requirements of these providers, and those they depend on. */
export function choose(providers: readonly Provider[]): Requirement[] {
  if (providers.length === 0) return [...REQUIREMENTS];
  const ids = new Set<string>();
  const add = ({ id, after = [] }: Requirement): void => {
    ids.add(id);
    for (const needed of REQUIREMENTS) if (after.includes(needed.id)) add(needed);
  };
  for (const one of REQUIREMENTS) if (providers.includes(one.provider)) add(one);
  return REQUIREMENTS.filter(({ id }) => ids.has(id));
}

async function goThrough(
  requirement: Requirement,
  before: readonly Found[],
  progress: Progress,
  { scene, confirm }: FirstTimeOptions,
): Promise<Found> {
  const { id, provider, title, after = [], optional } = requirement;
  const tell = ({ state, seen, next }: Sighting, changed?: string): Found => ({
    id,
    provider,
    title,
    state,
    seen,
    ...(next ? { next } : {}),
    ...(optional ? { optional } : {}),
    ...(changed === undefined ? {} : { changed }),
  });
  const blocking = before.find((one) => after.includes(one.id) && one.state !== 'ok');
  if (blocking) return tell(unknown(`${blocking.id} comes first`));
  const seen = await look(requirement, scene);
  const { change } = seen;
  if (seen.state !== 'missing' || !change || !(await confirm(id, change))) return tell(seen);
  try {
    progress.begun = change.does;
    await change.make();
    progress.changed.push(change.does);
    progress.begun = undefined;
  } catch (error) {
    scene.signal.throwIfAborted();
    progress.begun = undefined;
    if (!(error instanceof CliError)) throw error;
    return tell({ state: 'missing', seen: `not changed: ${error.parts.why}`, next: error.parts.next });
  }
  return tell(await look(requirement, scene), change.does);
}

async function look(requirement: Requirement, scene: Scene): Promise<Sighting> {
  try {
    return await requirement.look(scene);
  } catch (error) {
    scene.signal.throwIfAborted();
    return explainLook(error);
  }
}

/** Whether nothing is missing and everything that a first deployment needs was checked. */
export function isReady(found: readonly Found[]): boolean {
  return found.every(({ state, optional }) => state === 'ok' || (state === 'unknown' && optional === true));
}

const RIGHT = /not authorized to perform:? ([\w-]+:\w+)/;

/** Converts the error of a check to what is missing: a session, a permission, or a response. Rethrows bugs. */
export function explainLook(error: unknown): Sighting {
  if (error instanceof CliError) {
    const { why, next, exitCode } = error.parts;
    return exitCode === 3 ? unknown(withoutStop(why), next) : missing(withoutStop(why), next);
  }
  if (!(error instanceof Error)) throw error;
  if (isDnsError(error)) {
    return unknown(
      `DNS does not answer (${error.code})`,
      'check the network and the resolver, then ./lornu setup dns',
    );
  }
  if (
    !('$fault' in error) &&
    !/Credentials|Timeout|ECONN|ENOTFOUND|ConnectionRefused|FailedToOpenSocket/i.test(
      `${error.name} ${error.message}`,
    )
  )
    throw error;
  const right = RIGHT.exec(error.message)?.[1];
  if (right ?? /AccessDenied|UnauthorizedOperation/.test(error.name)) {
    return missing(
      `these credentials may not do ${right ?? 'that'}, so nothing is known`,
      `sign in to AWS as an administrator of the account (AWS_PROFILE, aws sso login), or ask one for ${right ?? 'the right to read'}`,
    );
  }
  const { why, next, exitCode } = explainAws('', error).parts;
  const onLaptop = next.replace(/^In the workflow: .*? On a laptop: /, '');
  return exitCode === 3 ? unknown(withoutStop(why), onLaptop) : missing(withoutStop(why), onLaptop);
}

const withoutStop = (sentence: string): string => sentence.replace(/\.$/, '');

function isDnsError(error: Error): error is Error & { code: string } {
  return 'syscall' in error && String(error.syscall).startsWith('query') && 'code' in error;
}
