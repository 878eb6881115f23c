import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  type EvalMetric,
  type EvalSet,
  FormatError,
  parseEvalConfig,
  parseEvalSet,
  SET_EXTENSION,
} from '@lornu/evaluation/eval-set.ts';
import { CliError, EXIT } from '../base/cli-error.ts';

/** An eval set with its metrics and its app. */
export interface SetFile {
  appName: string;
  path: string;
  evalSet: EvalSet;
  metrics: EvalMetric[];
}

/**
 * The sets beside each agent, where google-adk looks for them: `AGENT/*.evalset.json`, with `AGENT/test_config.json`.
 */
export async function findSets(
  agentsDir: string,
  agent: string | undefined,
  config: string | undefined,
): Promise<SetFile[]> {
  const folders = await readdir(agentsDir, { withFileTypes: true }).catch(() => []);
  const agents = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (agent !== undefined && !agents.includes(agent)) {
    throw new CliError({
      what: `There is no agent "${agent}" in ${agentsDir}.`,
      why:
        agents.length > 0
          ? `There are: ${agents.filter((name) => name !== 'node_modules').join(', ')}.`
          : 'No folder is in it.',
      next: 'Name one of these, or another folder with LORNU_AGENTS_DIR.',
      exitCode: EXIT.usage,
    });
  }
  const names = agent === undefined ? agents : [agent];
  const files = await Promise.all(
    names.map(async (name) =>
      (await readdir(join(agentsDir, name)))
        .filter((file) => file.endsWith(SET_EXTENSION))
        .map((file) => join(agentsDir, name, file)),
    ),
  );
  const sets = await Promise.all(
    files
      .flat()
      .toSorted()
      .map(async (path) => readSet(path, basename(dirname(path)), config)),
  );
  if (sets.length > 0) return sets;
  throw new CliError({
    what: 'There is nothing to evaluate.',
    why: `There is no file *${SET_EXTENSION} beside ${agent ?? 'an agent'} in ${agentsDir}.`,
    next: 'Write one: agents/README.md, "Evaluate an agent".',
    exitCode: EXIT.usage,
  });
}

/** Reads a set from a file, with the configuration beside it unless another one is given. */
export async function readSet(path: string, appName: string, config: string | undefined): Promise<SetFile> {
  const id = basename(path).replace(SET_EXTENSION, '');
  const evalSet = await inFile(path, (text) => parseEvalSet(text, id));
  return { appName, path, evalSet, metrics: await readMetrics(dirname(path), config) };
}

/** The metrics of a configuration, of the `test_config.json` in a folder, or google-adk's defaults. */
export async function readMetrics(folder: string, config: string | undefined): Promise<EvalMetric[]> {
  const beside = join(folder, 'test_config.json');
  const there = config ?? ((await Bun.file(beside).exists()) ? beside : undefined);
  return there === undefined ? parseEvalConfig(undefined) : inFile(there, parseEvalConfig);
}

async function inFile<T>(path: string, parse: (text: string) => T): Promise<T> {
  try {
    return parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof FormatError) && !(error instanceof Error && 'code' in error)) throw error;
    throw new CliError({
      what: `${path} can't be used.`,
      why: error.message,
      next: 'Compare it with agents/lornu/basic.evalset.json, or write a new one: agents/README.md, "Evaluate an agent".',
      exitCode: EXIT.usage,
    });
  }
}
