import { z } from 'zod';

const MOST_SUGGESTIONS = 8;
const LONGEST_ICON = 16_384;

/**
 * What the chat page shows of an agent before the first message: `export const page` in its agent.ts. Lengths are in
 * characters.
 */
export const AGENT_PAGE = z.strictObject({
  title: z.string().min(1).max(40).optional(),
  /** Source of an SVG picture; shown as an image, so that no script runs in it. */
  icon: z
    .string()
    .max(LONGEST_ICON)
    .regex(/^<svg\s[^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/u, 'is no <svg xmlns="…"> text')
    .optional(),
  suggestions: z
    .array(z.strictObject({ title: z.string().min(1).max(60), message: z.string().min(1).max(2_000) }))
    .max(MOST_SUGGESTIONS)
    .optional(),
});

export type AgentPage = z.output<typeof AGENT_PAGE>;

/** Parses the export; a missing one gives an empty page. Throws an error that names the first invalid field. */
export function parseAgentPage(exported: unknown): AgentPage {
  const parsed = AGENT_PAGE.safeParse(exported ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`page${issue ? `.${issue.path.join('.')}: ${issue.message}` : ' is not as it should be'}`);
}
