import { isAbsolute, join, relative } from 'node:path';
import type { CliContext } from '../base/cli-context.ts';
import { CliError, EXIT } from '../base/cli-error.ts';
import { type Child, childEnded } from '../process/child.ts';
import { untilAborted } from '../process/until-aborted.ts';
import { runSteps, type Step, type StepIo } from '../steps/run-steps.ts';
import type { Emit } from '../steps/step-events.ts';
import { claimDataDir } from './data-dir.ts';
import { configProblems } from './config-problems.ts';
import { chooseModel } from './model-choice.ts';
import { buildPageIfStale } from './page.ts';
import { claimPort } from './port.ts';
import type { StartContext } from './start-context.ts';
import { readableLine } from './readable-line.ts';
import { peerEnvironment, refuseOwnIdentity, serviceEnvironment, type Pair } from './pair-environment.ts';
import { startPeer } from './start-peer.ts';
import { startService } from './start-service.ts';
import { describeStore, needsFirestoreStandin, withStore, type StoreChoice } from './store-choice.ts';
import { startFirestore, startGemini, startGoogle } from './start-standin.ts';
import { watchSources } from './watch-sources.ts';

const DEFAULT_PORT = 8080;

export interface UpOptions {
  /** 0 takes a free one; default: the environment's, or 8080. */
  port?: number | undefined;
  /** Relative to the checkout's root, or absolute. */
  dataDir: string;
  store: StoreChoice;
  /** Print every log line of the service to stderr, not only warnings and errors. */
  logs: boolean;
  /** Restart the service and rebuild the page when their sources change. */
  watch: boolean;
  /** Run the FastAPI/ADK agent beside the service. */
  peer: boolean;
}

export interface UpResult {
  url: string;
  /** Description of the answering model; a stand-in is named as such. */
  model: string;
  standIn: boolean;
  /** Description of the FastAPI/ADK agent's address, if it was requested, and of the token issuer. */
  peer?: string;
  issuer?: string;
  /** Description of the session store. */
  store: string;
  dataDir: string;
  logPath: string;
}

/** The running programs; --watch replaces the service when it restarts it. */
interface Running {
  standIn?: { child: Child; url: string };
  firestore?: { child: Child; host: string };
  google?: { child: Child; url: string };
  peer?: { child: Child; url: string };
  service?: Child;
  port: number;
  peerPort?: number;
}

/** Starts everything, calls `ready` once it answers, and runs until Ctrl-C or until one of the programs ends. */
export async function up(
  options: UpOptions,
  context: CliContext,
  emit: Emit,
  ready: (result: UpResult) => void,
): Promise<void> {
  const dataDir = isAbsolute(options.dataDir) ? options.dataDir : join(context.root, options.dataDir);
  const start: StartContext = { ...context, dataDir };
  const env = options.port === undefined ? context.env : { ...context.env, PORT: String(options.port) };
  const running: Running = { port: Number(env['PORT'] || DEFAULT_PORT) };
  const model = chooseModel(context.env);
  const pair = async (): Promise<Pair | undefined> =>
    running.google && {
      issuer: running.google.url,
      service: `http://127.0.0.1:${running.port}`,
      peer: `http://127.0.0.1:${(running.peerPort ??= await claimPort(0))}`,
    };
  const restart = async (): Promise<void> => {
    const agents = await pair();
    // Lines are held back until it answers: if the start fails, all of them are shown anyway.
    let say = (line: string): unknown => early.push(line);
    const early: string[] = [];
    running.service = await startService(
      {
        port: running.port,
        standInUrl: running.standIn?.url,
        onLine: (line) => (options.logs || isLoud(line) || isOfPeer(line)) && say(line),
      },
      {
        ...start,
        env: {
          ...withStore(options.store, start.env, running.firestore?.host),
          ...(agents ? serviceEnvironment(agents) : {}),
        },
      },
    );
    say = (text) => emit({ kind: 'note', text: options.logs ? text : readableLine(text) });
    early.forEach(say);
  };

  const steps: Step[] = [
    {
      id: 'check',
      title: 'Check configuration, port and disk',
      run: async () => {
        refuseProblems(configProblems(withStore(options.store, env)));
        await claimDataDir(dataDir);
        running.port = await claimPort(running.port);
      },
    },
    {
      id: 'model',
      title: 'Start the Gemini stand-in',
      ...(model.kind === 'own-stand-in' ? {} : { skip: `${model.label} answers` }),
      run: async () => void (running.standIn = await startGemini(start)),
    },
    ...(needsFirestoreStandin(options.store, context.env)
      ? [
          {
            id: 'store',
            title: 'Start the Firestore stand-in',
            run: async (): Promise<void> => void (running.firestore = await startFirestore(start)),
          },
        ]
      : []),
    {
      id: 'page',
      title: 'Build the chat page',
      run: async ({ line }) => ((await buildPageIfStale(context, line)) ? undefined : 'nothing changed'),
    },
    ...(options.peer
      ? [
          {
            id: 'issuer',
            title: 'Start the stand-in for Google that gives both agents their tokens',
            run: async (): Promise<void> => {
              refuseOwnIdentity(context.env);
              running.google = await startGoogle(start);
            },
          },
          {
            id: 'peer',
            title: 'Start the FastAPI/ADK agent beside it',
            run: async ({ line }: StepIo): Promise<void> => {
              const agents = await pair();
              if (!agents) return;
              running.peer = await startPeer(
                {
                  port: Number(new URL(agents.peer).port),
                  standInUrl: running.standIn?.url,
                  env: peerEnvironment(agents),
                  onLine: (text) =>
                    (options.logs || isOfPeer(text)) && emit({ kind: 'note', text: `peer: ${text}` }),
                },
                start,
                { emit, line },
              );
            },
          },
        ]
      : []),
    { id: 'service', title: 'Start the service', run: restart },
  ];
  // Before the service reads its sources: a change while it starts must not be missed.
  const watching = options.watch ? handleChanges(running, restart, context, emit) : undefined;
  try {
    await runSteps(steps, emit);
    ready({
      url: `http://127.0.0.1:${running.port}`,
      model: model.label,
      standIn: model.kind !== 'real',
      ...(running.peer ? { peer: running.peer.url } : {}),
      ...(running.google ? { issuer: running.google.url } : {}),
      store: describeStore(options.store, context.env),
      dataDir: relative(process.cwd(), dataDir) || '.',
      logPath: relative(process.cwd(), join(dataDir, 'logs/service.log')),
    });
    if (watching) await watching.untilInterrupted();
    else await untilOneEnds(running, context.signal);
  } finally {
    watching?.end();
    // Stop the service first, while its dependencies still answer.
    await running.service?.stop();
    await running.peer?.child.stop();
    await running.google?.child.stop();
    await running.standIn?.child.stop();
    await running.firestore?.child.stop();
  }
}

function refuseProblems(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new CliError({
    what: 'The configuration is not valid.',
    why: problems.join('\n        '),
    next: 'Correct or unset these variables; ./lornu doctor shows all of them.',
    exitCode: EXIT.usage,
  });
}

async function untilOneEnds(running: Running, signal: AbortSignal): Promise<void> {
  const children = [
    running.service,
    running.peer?.child,
    running.google?.child,
    running.standIn?.child,
    running.firestore?.child,
  ].filter((child) => child !== undefined);
  const ends = children.map(async (child) => ({ child, how: await child.ended }));
  const first = await Promise.race([untilAborted(signal), ...ends]);
  if (first && !signal.aborted) throw childEnded(first.child, first.how);
}

/**
 * Watches the sources from now on, and restarts or rebuilds what has changed once everything is started. A broken source
 * does not end the watch: the error is shown, and the next change is awaited.
 */
function handleChanges(
  running: Running,
  restart: () => Promise<void>,
  context: CliContext,
  emit: Emit,
): { untilInterrupted: () => Promise<void>; end: () => void } {
  const ending = new AbortController();
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  let queue = started;
  watchSources(context.root, ending.signal, ({ files }) => {
    queue = queue.then(async () => {
      if (context.signal.aborted) return;
      const page = files.every((file) => file.startsWith('frontend/'));
      const what = page ? 'building the page' : 'restarting the service';
      emit({ kind: 'note', text: `${files.slice(0, 3).join(', ')} changed: ${what}` });
      try {
        if (page) await buildPageIfStale(context, () => undefined);
        else {
          await running.service?.stop();
          await restart();
        }
        emit({ kind: 'note', text: 'Ready.' });
      } catch (error) {
        if (context.signal.aborted) return;
        const lines = error instanceof CliError ? (error.parts.output ?? []) : [];
        emit({ kind: 'note', text: [...lines, String(error), 'Waiting for the next change.'].join('\n') });
      }
    });
  });
  const untilInterrupted = async (): Promise<void> => {
    start();
    await untilAborted(context.signal);
    await queue;
  };
  return { untilInterrupted, end: () => ending.abort() };
}

/** Warnings, errors, and lines that are not JSON of the service. */
function isLoud(line: string): boolean {
  return !line.startsWith('{') || /"(level|severity)":\s*"(warn|warning|error)"/i.test(line);
}

/** Log lines of calls between the two agents, which is what --peer is for. */
function isOfPeer(line: string): boolean {
  return /"message":"the peer |asked over A2A/.test(line);
}
