import { InvalidArgumentError, Option, type Command } from 'commander';
import { resolve } from 'node:path';
import { MASK_RULES, Masker, type MaskRule } from '@lornu/evaluation/mask.ts';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { CliError, EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { cassettePath, writeCassettes } from '@lornu/ops/eval/cassette-files.ts';
import {
  sessionsInFile,
  sessionsInFirestore,
  sessionsOf,
  toCassettes,
  type Wanted,
} from '@lornu/ops/eval/record.ts';
import { acceptAll, runReplay } from '@lornu/ops/eval/run-replay.ts';
import { serverAt } from './options.ts';
import { existingFile, serverUrl } from './values.ts';

const HELP = `
Examples:
  ./lornu record --url http://127.0.0.1:8080 --user ada          shows what would be masked and written
  ./lornu record --url http://127.0.0.1:8080 --user ada --write  and writes it, into cassettes/
  ./lornu record --file session.json --write
  ./lornu record --firestore --user ada --session 1234 --write   FIRESTORE_DATABASE, GOOGLE_CLOUD_PROJECT say which

A cassette is a conversation with what the model and the tools answered in it. A person's data is masked by rules, which
are shown with their counts before anything is written; --mask 'name=pattern' adds one. Names of people are not found by
a pattern: read what was written. What is written is replayed once with this checkout's agents, to keep what they ask of
the model: record with the agents that are right.
Exit codes: 0 done, 1 nothing found, 2 usage, 3 something is missing on this machine.
`;

interface Flags {
  url?: string;
  file?: string;
  firestore?: boolean;
  app: string;
  user?: string;
  session?: string;
  out: string;
  mask: MaskRule[];
  tokenFile?: string;
  write?: boolean;
  json?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  command
    .option('--url <url>', "a server of ADK's API that has the conversations", serverUrl)
    .option('--file <file>', 'a file with a session, as the API returns it', existingFile)
    .option('--firestore', "the service's own documents in Firestore")
    .option('--app <name>', 'record conversations of this app', 'lornu')
    .option('--user <id>', 'record conversations of this user')
    .option('--session <id>', 'record only this session')
    .option('--out <folder>', 'folder for the cassettes', 'cassettes')
    .addOption(
      new Option('--mask <name=pattern>', 'an additional rule, as a regular expression; repeatable')
        .default([])
        .argParser(maskRule),
    )
    .option('--token-file <file>', "a machine's token, for a deployment")
    .option('--write', 'write the files; without it they are only shown')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => {
      const sessions = await read(flags, context);
      const masker = new Masker([...MASK_RULES, ...flags.mask]);
      const cassettes = toCassettes(sessions, masker);
      const rules = [...MASK_RULES, ...flags.mask].map(({ name, pattern }) => ({
        name,
        pattern: pattern.source,
        found: masker.counts.get(name) ?? 0,
      }));
      rules.push({
        name: 'file',
        pattern: 'the content of every file',
        found: masker.counts.get('file') ?? 0,
      });
      context.stderr(
        `Masked by these rules:\n${rules.map(({ name, pattern, found }) => `  ${name.padEnd(8)} ${`${found}`.padStart(5)} times  ${pattern}`).join('\n')}\n`,
      );
      const paths = flags.write ? await write(cassettes, flags, context) : [];
      const turns = cassettes.reduce((sum, one) => sum + one.turns.length, 0);
      const said = `${cassettes.length} ${cassettes.length === 1 ? 'conversation' : 'conversations'} with ${turns} ${turns === 1 ? 'turn' : 'turns'}`;
      context.stdout(
        flags.json
          ? `${JSON.stringify({ rules, conversations: cassettes.length, turns, paths }, null, 2)}\n`
          : flags.write
            ? `${said} written into ${flags.out}/.\nNext: read them, then ./lornu replay ${flags.out}\n`
            : `${said} would be written into ${flags.out}/. Nothing was.\nNext: the same with --write\n`,
      );
      finish(EXIT.ok);
    });
}

async function read(flags: Flags, context: CliContext) {
  const { url, file, firestore, app, user, session } = flags;
  if ([url, file, firestore].filter(Boolean).length !== 1)
    throw usage('Name one of --url, --file and --firestore.');
  if (file !== undefined) return sessionsInFile(file);
  if (user === undefined) throw usage('Name the user with --user.');
  const wanted: Wanted = {
    appName: app,
    userId: user,
    ...(session === undefined ? {} : { sessionId: session }),
  };
  if (firestore) return sessionsInFirestore(context.env, wanted);
  return sessionsOf(await serverAt(url ?? '', flags.tokenFile, context), wanted);
}

/** Plays the cassettes once to record their model requests; an agent that is not in the checkout is played later. */
async function write(
  cassettes: ReturnType<typeof toCassettes>,
  { out }: Flags,
  context: CliContext,
): Promise<string[]> {
  const agentsDir = resolve(context.root, context.env['LORNU_AGENTS_DIR'] || 'agents');
  const files = cassettes.map((cassette) => ({ path: cassettePath(out, cassette), cassette }));
  const played = await runReplay(files, { port: 0 }, context, { agentsDir, parallel: 4 }).catch(
    (error: unknown) => {
      if (!(error instanceof CliError)) throw error;
      context.stderr(`Not replayed: ${error.parts.what} ${error.parts.why}\n`);
      return [];
    },
  );
  await writeCassettes(acceptAll(files, played));
  return files.map(({ path }) => path);
}

function usage(why: string): CliError {
  return new CliError({
    what: 'No conversations to record are named.',
    why,
    next: './lornu record --help',
    exitCode: EXIT.usage,
  });
}

function maskRule(text: string, before: MaskRule[]): MaskRule[] {
  const [, name, pattern] = /^([a-z]+)=(.+)$/su.exec(text) ?? [];
  if (name === undefined || pattern === undefined)
    throw new InvalidArgumentError('It takes name=pattern, the name in small letters.');
  try {
    return [...before, { name, pattern: new RegExp(pattern, 'gu') }];
  } catch {
    throw new InvalidArgumentError('The pattern is not a regular expression.');
  }
}
