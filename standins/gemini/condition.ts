import { z } from 'zod';

/**
 * How the stand-in is, whoever asks: what a message can provoke is for one conversation, this is for all. Set with POST
 * /stand-in/condition; an empty object is well again.
 */
const CONDITION = z.strictObject({
  /** Every call is refused with this status, but for callers with `exceptKey`. */
  refuses: z.int().min(400).max(599).optional(),
  exceptKey: z.string().optional(),
  /** Every other key is refused as a wrong one, as after a rotation at Google. */
  onlyKey: z.string().optional(),
  /** The model that answers, whichever is asked for. */
  answersAs: z.string().optional(),
  /** Milliseconds before each chunk. */
  delayMs: z.int().min(0).max(60_000).optional(),
});

export type Condition = z.infer<typeof CONDITION>;

/** The condition of a request's body, or the answer that says what is wrong with it. */
export async function readCondition(request: Request): Promise<Condition | Response> {
  const read = CONDITION.safeParse(await request.json().catch(() => undefined));
  return read.success ? read.data : Response.json({ error: z.prettifyError(read.error) }, { status: 400 });
}
