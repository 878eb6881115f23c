import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { CliError } from '../base/cli-error.ts';
import { fileOf, type DeliveryContext, type FILES } from './delivery-context.ts';

const SHA256 = z.string().regex(/^[0-9a-f]{64}$/);
const DIGEST = z.string().regex(/^sha256:[0-9a-f]{64}$/);

export const DEPLOYED = z.strictObject({ digest: DIGEST, revision: z.string() });

const CHANGE = z.strictObject({
  address: z.string(),
  action: z.enum(['create', 'update', 'replace', 'delete']),
  attributes: z.array(z.string()),
  drift: z.boolean(),
});

/** The gate's verdict about an image before it was pushed (docs/decisions/0152). */
export const GATE_VERDICT = z.strictObject({
  passed: z.boolean(),
  /** Number of recorded conversations, and of those that the candidate continues in another way. */
  replayed: z.number().int().nonnegative(),
  changed: z.number().int().nonnegative(),
  evalCases: z.number().int().nonnegative(),
  evalFailed: z.number().int().nonnegative(),
  /** Turns at once, and how many of them failed. */
  loadTurns: z.number().int().nonnegative(),
  loadFailed: z.number().int().nonnegative(),
  /** Why it did not pass, the first few. */
  reasons: z.array(z.string()),
});

/** The file that `lornu plan` writes beside the plan file. */
export const PLAN_RECORD = z.strictObject({
  /** Only deploy may be applied; review is read-only. */
  purpose: z.enum(['review', 'deploy']),
  madeAt: z.iso.datetime(),
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  /** Whether the checkout had no uncommitted changes. */
  clean: z.boolean(),
  plan: z.strictObject({ sha256: SHA256, bytes: z.number().int().positive() }),
  terraform: z.string(),
  /** The state that the plan was based on; serial 0 if there was none. */
  state: z.strictObject({ lineage: z.string(), serial: z.number().int().nonnegative() }),
  image: z.strictObject({ ...DEPLOYED.shape, placeholder: z.boolean() }),
  /** The image that ran before; null if there was none. */
  before: DEPLOYED.nullable(),
  changes: z.array(CHANGE),
  /** Left out for an image that this run did not build, such as that of a rollback. */
  gate: GATE_VERDICT.optional(),
});

const SCANNER = z.strictObject({
  tool: z.string(),
  version: z.string(),
  /** What was scanned: the plan, or the files it was made from. */
  target: z.enum(['plan', 'files']),
  /**
   * How much was scanned: resources, or checks for trivy, which does not name resources that pass. 0 means nothing was
   * scanned.
   */
  checked: z.number().int().nonnegative(),
  findings: z.array(
    z.strictObject({ id: z.string(), severity: z.string(), resource: z.string(), title: z.string() }),
  ),
});

export const SCAN_RECORD = z.strictObject({
  planSha256: SHA256,
  scanners: z.array(SCANNER),
  /** Scanners that are not installed on this machine. */
  absent: z.array(z.string()),
});

export const COST = z.strictObject({
  pricesOf: z.string(),
  region: z.string(),
  before: z.number(),
  after: z.number(),
});

/** Everything that is approved together. An approval names the digest of this file. */
export const MANIFEST = z.strictObject({
  format: z.literal(1),
  record: PLAN_RECORD,
  scan: SCAN_RECORD,
  cost: COST,
});

/** What an apply passes to later commands. */
export const APPLIED = z.strictObject({
  at: z.iso.datetime(),
  image: DEPLOYED,
  before: DEPLOYED.nullable(),
  /** Whether it changed the service or its task definition; if not, ECS has nothing to do. */
  startsDeployment: z.boolean(),
});

export type GateVerdict = z.infer<typeof GATE_VERDICT>;
export type DeployedImage = z.infer<typeof DEPLOYED>;
export type PlanRecord = z.infer<typeof PLAN_RECORD>;
export type PlanChange = z.infer<typeof CHANGE>;
export type Scanner = z.infer<typeof SCANNER>;
export type ScanRecord = z.infer<typeof SCAN_RECORD>;
export type Manifest = z.infer<typeof MANIFEST>;
export type AppliedPlan = z.infer<typeof APPLIED>;

/** "sha256:..." of a file's bytes; approvals name a manifest by it. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Reads and validates a file of the delivery folder; if it is missing, the error says which command makes it. */
export async function readRecord<T>(
  context: Pick<DeliveryContext, 'folder'>,
  name: keyof typeof FILES,
  schema: z.ZodType<T>,
  madeBy: string,
): Promise<T> {
  const path = fileOf(context, name);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new CliError({ what: 'There is no plan to work with.', why: `${path} is missing.`, next: madeBy });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(path, 'it is no JSON: it was cut off or changed', madeBy);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw damaged(path, z.prettifyError(parsed.error).replaceAll('\n', ' '), madeBy);
}

function damaged(path: string, why: string, next: string): CliError {
  return new CliError({
    what: `${path} can't be read.`,
    why: `It does not have the form that lornu writes: ${why}.`,
    next,
  });
}
