/**
 * Decides what the emulator asks on its standard input, one JSON line a question, one a decision; ends with the emulator,
 * which started it. "uses" asks for the statements that were needed, "forget" forgets them.
 */
import { Decider } from './decide.ts';
import type { Question } from './question.ts';

type Asked =
  | { question: Question }
  /** Whether a role's trust policy, which lies among the resource policies, lets the principal have the role. */
  | { trust: Question; role: string }
  | { uses: true }
  | { forget: true };

let decider = new Decider();

async function answer(asked: Asked): Promise<unknown> {
  if ('question' in asked) return decider.decide(asked.question);
  if ('trust' in asked) return { allowed: await decider.trusts(asked.trust, asked.role) };
  if ('forget' in asked) decider = new Decider();
  return decider.uses();
}

for await (const line of console) {
  let said: unknown;
  try {
    said = await answer(JSON.parse(line) as Asked);
  } catch (error) {
    said = { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
