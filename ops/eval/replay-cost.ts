import { relative, resolve } from 'node:path';
import { type Cassette, parseCassette } from '@lornu/evaluation/cassette.ts';
import type { Replayed } from '@lornu/evaluation/replay.ts';
import { costOf, hasPrice, PRICES_READ_ON, PRICES_SOURCE } from '@lornu/backend/model/prices.ts';
import { CliError, EXIT } from '../base/cli-error.ts';
import { tryCommand } from '../process/run-command.ts';
import type { CassetteFile } from './cassette-files.ts';

/** Approximate bytes per token of Gemini. Both sides are estimated with it. */
const BYTES_PER_TOKEN = 4;
/** The number of conversations behind each cost in the table, so that the numbers are readable. */
const PER_CONVERSATIONS = 1_000;

/** The estimated use of model calls. */
interface Use {
  calls: number;
  input: number;
  output: number;
  costUsd: number;
  unpriced: Set<string>;
}

/** One agent's conversations that are in both commits, with their use in each commit. */
export interface CostChange {
  appName: string;
  conversations: number;
  /** Conversations that only this commit has. `before` and `now` do not include them. */
  added: number;
  changed: number;
  before: Use;
  now: Use;
}

/**
 * The accepted conversations of another commit, by path; undefined for a file that it does not have. Throws a CliError
 * if the commit does not exist here.
 */
export async function cassettesAt(
  commit: string,
  files: readonly CassetteFile[],
  root: string,
): Promise<(Cassette | undefined)[]> {
  const git = async (...command: string[]) => tryCommand(['git', '-C', root, ...command]);
  if (
    (await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{commit}`)).exitCode !== 0
  )
    throw new CliError({
      what: 'There is nothing to compare with.',
      why: `This checkout has no commit ${commit}.`,
      next: 'Fetch it (a workflow: fetch-depth of actions/checkout), or name another one.',
      exitCode: EXIT.usage,
    });
  return Promise.all(
    files.map(async ({ path }) => {
      const { exitCode, stdout } = await git('show', `${commit}:${relative(root, resolve(path))}`);
      return exitCode === 0 ? parseCassette(stdout) : undefined;
    }),
  );
}

/** Compares the conversations accepted before with those played now, by agent. */
export function compareCosts(
  before: readonly (Cassette | undefined)[],
  replayed: readonly Replayed[],
  nowMs: number,
): CostChange[] {
  const changes = new Map<string, CostChange>();
  for (const [index, { appName, verdict, played }] of replayed.entries()) {
    const change = changes.get(appName) ?? {
      appName,
      conversations: 0,
      added: 0,
      changed: 0,
      before: noUse(),
      now: noUse(),
    };
    changes.set(appName, change);
    if (verdict === 'changed') change.changed++;
    const old = before[index];
    if (!old?.turns.every(({ accepted }) => accepted)) {
      change.added++;
      continue;
    }
    change.conversations++;
    for (const [turn, { accepted, model }] of old.turns.entries()) {
      const answers = model.map(({ answer, usage }) => outputOf(old.blobs[answer], usage));
      count(change.before, accepted?.requests ?? [], answers, nowMs);
      count(change.now, played[turn]?.requests ?? [], answers, nowMs);
    }
  }
  return [...changes.values()];
}

/** Markdown for the comment of a pull request, and for a terminal. */
export function renderCosts(changes: readonly CostChange[]): string {
  const unpriced = [...new Set(changes.flatMap(({ now }) => [...now.unpriced]))];
  const added = changes.reduce((sum, change) => sum + change.added, 0);
  const rows = changes.map(({ appName, conversations, changed, before, now }) =>
    [
      appName,
      conversations,
      changed,
      step(before.calls, now.calls),
      step(before.input, now.input),
      step(before.output, now.output),
      conversations === 0
        ? 'nothing to compare'
        : now.unpriced.size > 0
          ? 'no price'
          : step(
              perThousand(before.costUsd, conversations),
              perThousand(now.costUsd, conversations),
              ' USD',
              3,
            ),
    ].join(' | '),
  );
  const notes = [
    `Tokens are estimated, ${BYTES_PER_TOKEN} bytes each on both sides, where no model counted them; prices of [${PRICES_READ_ON}](${PRICES_SOURCE}), nothing cached.`,
    ...(unpriced.length > 0 ? [`Without a price: ${unpriced.join(', ')}.`] : []),
    ...(added > 0 ? [`Not compared, because new: ${added}.`] : []),
  ];
  return `### Recorded conversations: what this change does to tokens and cost

| agent | conversations | led otherwise | model calls | input tokens | output tokens | cost of 1,000 conversations |
|---|---|---|---|---|---|---|
${rows.map((row) => `| ${row} |`).join('\n')}

${notes.join(' ')}
`;
}

const noUse = (): Use => ({ calls: 0, input: 0, output: 0, costUsd: 0, unpriced: new Set() });
const perThousand = (costUsd: number, conversations: number): number =>
  (costUsd * PER_CONVERSATIONS) / conversations;

function count(
  use: Use,
  requests: readonly { request: { model: string; bytes: number } }[],
  answers: readonly number[],
  nowMs: number,
): void {
  for (const [index, { request }] of requests.entries()) {
    const input = Math.ceil(request.bytes / BYTES_PER_TOKEN);
    // An additional call has no recorded answer to measure, so the last answer is used for it.
    const output = answers[index] ?? answers.at(-1) ?? 0;
    const usage = { promptTokenCount: input, candidatesTokenCount: output };
    use.calls++;
    use.input += input;
    use.output += output;
    use.costUsd += costOf(request.model, usage, nowMs) ?? 0;
    if (!hasPrice(request.model)) use.unpriced.add(request.model);
  }
}

/** Tokens of a recorded answer: the model's count if there is one, else estimated from its bytes. */
function outputOf(answer: unknown, usage: Readonly<Record<string, unknown>> | undefined): number {
  const counted = Number(usage?.['candidatesTokenCount'] ?? 0) + Number(usage?.['thoughtsTokenCount'] ?? 0);
  return counted > 0 ? counted : Math.ceil(Buffer.byteLength(JSON.stringify(answer ?? '')) / BYTES_PER_TOKEN);
}

/** "120 (+20 %)"; the percentage is left out where nothing changed. */
function step(before: number, now: number, unit = '', digits = 0): string {
  const text = (value: number): string =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  if (now === before) return `${text(now)}${unit}`;
  const percent =
    before === 0 ? 'new' : `${now > before ? '+' : ''}${(((now - before) / before) * 100).toFixed(1)} %`;
  return `${text(now)}${unit} (${percent})`;
}
