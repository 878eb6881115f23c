/**
 * Reads the emulator's questions from standard input, one JSON line each, and answers each with one line. Ends with the
 * emulator, which starts it. "uses" returns the needed statements, "forget" clears them.
 */
import { Decider } from './decide.ts';
import type { Question } from './question.ts';

type Asked =
  | { question: Question }
  /** Whether the role's trust policy, one of the resource policies, allows the principal to assume the role. */
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
