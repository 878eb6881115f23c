import { type EvalSet, FormatError, parseEvalSet, SET_EXTENSION } from '@lornu/evaluation/eval-set.ts';
import type { SetResult } from '@lornu/evaluation/evaluate.ts';
import { toCamelKeys, toSnakeKeys } from '@lornu/evaluation/keys.ts';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../errors/app-error.ts';

const RESULT = '.evalset_result.json';
/** google-adk's rule for ids of sets; ids of results also contain the time. */
const SET_ID = /^\w{1,200}$/u;
const RESULT_ID = /^[\w.-]{1,400}$/u;

/** Eval sets and results, in google-adk's locations: sets beside each agent, results in its `.adk/eval_history`. */
export class EvalFiles {
  readonly #agentsDir: string;

  constructor(agentsDir: string) {
    this.#agentsDir = agentsDir;
  }

  async listSets(app: string): Promise<string[]> {
    return list(join(this.#agentsDir, app), SET_EXTENSION);
  }

  /** Throws EVAL_NOT_FOUND. */
  async readSet(app: string, id: string): Promise<EvalSet> {
    const text = await readFile(this.#setPath(app, id), 'utf8').catch(() => undefined);
    if (text === undefined) throw new AppError('EVAL_NOT_FOUND', `Eval set \`${id}\` not found.`);
    try {
      return parseEvalSet(text, id);
    } catch (error) {
      throw error instanceof FormatError
        ? new AppError('BAD_REQUEST', `${id}${SET_EXTENSION}: ${error.message}`)
        : error;
    }
  }

  async writeSet(app: string, set: EvalSet): Promise<void> {
    await Bun.write(this.#setPath(app, set.evalSetId), JSON.stringify(toSnakeKeys(set), null, 2));
  }

  async listResults(app: string): Promise<string[]> {
    return list(this.#history(app), RESULT);
  }

  /** Throws EVAL_NOT_FOUND. */
  async readResult(app: string, id: string): Promise<unknown> {
    const text = RESULT_ID.test(id)
      ? await readFile(join(this.#history(app), `${id}${RESULT}`), 'utf8').catch(() => undefined)
      : undefined;
    if (text === undefined) throw new AppError('EVAL_NOT_FOUND', `Eval set result \`${id}\` not found.`);
    return toCamelKeys(JSON.parse(text));
  }

  async writeResult(app: string, result: SetResult): Promise<void> {
    await mkdir(this.#history(app), { recursive: true });
    await Bun.write(
      join(this.#history(app), `${result.evalSetResultName}${RESULT}`),
      JSON.stringify(toSnakeKeys(result), null, 2),
    );
  }

  #history(app: string): string {
    return join(this.#agentsDir, app, '.adk/eval_history');
  }

  #setPath(app: string, id: string): string {
    if (!SET_ID.test(id))
      throw new AppError(
        'BAD_REQUEST',
        'Invalid Eval Set ID. Eval Set ID should have the `^[a-zA-Z0-9_]+$` format',
      );
    return join(this.#agentsDir, app, `${id}${SET_EXTENSION}`);
  }
}

async function list(folder: string, extension: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => []);
  return files
    .flatMap((file) => (file.endsWith(extension) ? [file.slice(0, -extension.length)] : []))
    .toSorted();
}
