import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** In the order in which they are removed: what uses another one goes before it. */
export const KINDS = [
  'service',
  'task',
  'task-definition',
  'alarm',
  'balancer',
  'target-group',
  'trust-store',
  'certificate',
  'object',
  'bucket',
  'cluster',
  'secret',
  'log-group',
  'role',
  'route-association',
  'subnet',
  'route-table',
  'security-group',
  'gateway',
  'vpc',
] as const;
export type Kind = (typeof KINDS)[number];

/** Something that was made in the account; `of` is what it belongs to, where its own id does not say it. */
export interface Made {
  kind: Kind;
  id: string;
  of?: string;
}

/** What was made so far, on disk too, so that a later command can remove what a killed one left. */
export class Ledger {
  readonly #path: string;
  readonly #made: Made[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /** Notes it at once, before anything else can fail. */
  async add(kind: Kind, id: string | undefined, of?: string): Promise<string> {
    if (!id) throw new Error(`AWS's answer names no ${kind}`);
    const made: Made = { kind, id, ...(of === undefined ? {} : { of }) };
    this.#made.push(made);
    await mkdir(dirname(this.#path), { recursive: true });
    await appendFile(this.#path, `${JSON.stringify(made)}\n`);
    return id;
  }

  /** In the order of the kinds, of one kind the newest first. */
  get toRemove(): readonly Made[] {
    return this.#made.toReversed().toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  }

  /** Nothing is left of it. */
  async close(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  /** What an earlier command noted; a last line that was cut off is left out. */
  static async open(path: string): Promise<Ledger> {
    const ledger = new Ledger(path);
    for (const line of (await readFile(path, 'utf8')).split('\n').filter(Boolean)) {
      const made = parse(line);
      if (made) ledger.#made.push(made);
    }
    return ledger;
  }
}

function parse(line: string): Made | undefined {
  try {
    const made = JSON.parse(line) as Made;
    return KINDS.includes(made.kind) && typeof made.id === 'string' ? made : undefined;
  } catch {
    return undefined;
  }
}
