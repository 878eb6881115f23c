import { Option, type Command } from 'commander';
import type { CliContext } from '@lornu/ops/base/cli-context.ts';
import { EXIT, type ExitCode } from '@lornu/ops/base/cli-error.ts';
import { createReporter } from '@lornu/ops/steps/reporter.ts';
import { wholePort } from './values.ts';
import type { StoreChoice } from '@lornu/ops/up/store-choice.ts';
import { up, type UpResult } from '@lornu/ops/up/up.ts';

const HELP = `
Examples:
  ./lornu up                          the agent and its page at http://127.0.0.1:8080
  GEMINI_API_KEY=... ./lornu up       Gemini answers instead of the stand-in
  ./lornu up --watch                  restart on every change of a source file
  ./lornu up --peer                   two agents that call each other, with tokens of a local issuer
  ./lornu up --store firestore        conversations in a Firestore stand-in, in memory
  ./lornu up --port 0 --json          a free port; the result as one line of JSON

Conversations are stored in .lornu/ and survive a restart; delete that folder to start without any.
Ctrl-C stops everything in order; a second Ctrl-C ends it at once.
`;

const AFTERWARDS: { [store in StoreChoice]: string } = {
  sqlite: 'Conversations are kept; ./lornu up goes on from there.',
  firestore: 'What a Firestore stand-in kept in memory is gone.',
};

interface Flags {
  port?: number;
  dataDir: string;
  logs?: boolean;
  watch?: boolean;
  peer?: boolean;
  store: StoreChoice;
  json?: boolean;
}

export function define(command: Command, context: CliContext, finish: (code: ExitCode) => void): void {
  const { env } = context;
  command
    .option('--port <number>', 'port to listen on, 0 for a free one (default: 8080, or PORT)', wholePort)
    .option('--data-dir <folder>', 'folder of conversations and logs', env['LORNU_DATA_DIR'] || '.lornu')
    .option('--watch', 'restart the service and rebuild the page when their sources change')
    .option('--peer', 'also run the FastAPI/ADK agent, as on Google Cloud; the two call each other over A2A')
    .addOption(
      new Option('--store <kind>', 'the store of conversations')
        .choices(['sqlite', 'firestore'])
        .default('sqlite'),
    )
    .option('--logs', 'show every log line of the service, not only warnings and errors')
    .option('--json', 'print the result as one line of JSON')
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => {
      const reporter = createReporter(context);
      try {
        await up(
          { ...flags, logs: flags.logs ?? false, watch: flags.watch ?? false, peer: flags.peer ?? false },
          context,
          reporter.emit,
          (result) => {
            context.stdout(flags.json ? `${JSON.stringify(result)}\n` : render(result));
          },
        );
        context.stderr(`\nStopped. ${AFTERWARDS[flags.store]}\n`);
        finish(EXIT.ok);
      } finally {
        reporter.close();
      }
    });
}

function renderPeer({ url, peer, issuer }: UpResult): string {
  return `
  peer   ${peer} (FastAPI and google-adk)
  issuer ${issuer} (stand-in for Google: the tokens of both)
  a2a    ${url}/a2a/lornu and ${peer}/a2a/lornu
  try    ask the peer: what is the status of your environment?`;
}

function render(result: UpResult): string {
  return `
Lornu's agent answers at ${result.url}
  model  ${result.model}${result.peer ? renderPeer(result) : ''}
  store  ${result.store}
  data   ${result.dataDir}/
  log    ${result.logPath}
Ctrl-C stops it.
`;
}
