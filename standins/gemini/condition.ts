import { z } from 'zod';

/**
 * How the stand-in behaves for all requests. (A message can only provoke behavior for its own conversation.) Set it
 * with POST /stand-in/condition; an empty object restores normal behavior.
 */
const CONDITION = z.strictObject({
  /** Every call is refused with this status, except those with the API key `exceptKey`. */
  refuses: z.int().min(400).max(599).optional(),
  exceptKey: z.string().optional(),
  /** Every other API key is refused as invalid, as after a rotation at Google. */
  onlyKey: z.string().optional(),
  /** The model that answers, whatever model the request names. */
  answersAs: z.string().optional(),
  /** The delay before each chunk, in milliseconds. */
  delayMs: z.int().min(0).max(60_000).optional(),
});

export type Condition = z.infer<typeof CONDITION>;

/** Reads the condition from a request body. Returns an error response if it is invalid. */
export async function readCondition(request: Request): Promise<Condition | Response> {
  const read = CONDITION.safeParse(await request.json().catch(() => undefined));
  return read.success ? read.data : Response.json({ error: z.prettifyError(read.error) }, { status: 400 });
}
