import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The kinds of resources, in the order of removal: a resource is removed before the resources that it uses. */
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

/** A resource that was created in the account. `of` is its parent, if its own id does not name the parent. */
export interface Made {
  kind: Kind;
  id: string;
  of?: string;
}

/** The resources created so far. They are also on disk, so that a later command can clean up after a killed run. */
export class Ledger {
  readonly #path: string;
  readonly #made: Made[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /** Writes the resource to disk immediately, before anything else can fail. */
  async add(kind: Kind, id: string | undefined, of?: string): Promise<string> {
    if (!id) throw new Error(`AWS's response has no id of a ${kind}`);
    const made: Made = { kind, id, ...(of === undefined ? {} : { of }) };
    this.#made.push(made);
    await mkdir(dirname(this.#path), { recursive: true });
    await appendFile(this.#path, `${JSON.stringify(made)}\n`);
    return id;
  }

  /** The resources in the order of their kinds; within a kind, the newest first. */
  get toRemove(): readonly Made[] {
    return this.#made.toReversed().toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  }

  /** Deletes the ledger after all its resources are removed. */
  async close(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  /** Reads the ledger of an earlier command. Ignores an incomplete last line. */
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
