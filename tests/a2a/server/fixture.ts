import {
  type Message,
  type Part,
  Role,
  type SendMessageConfiguration,
  type SendMessageRequest,
} from '@a2a-js/sdk';
import { spawnGeminiStandin, type GeminiStandin } from '@lornu/standins/gemini/spawn.ts';
import { SqliteTaskRecords } from '../../../backend/tasks/sqlite/sqlite-task-records.ts';
import { ArtifactService } from '../../../backend/artifacts/artifact-service.ts';
import { DiskArtifactFiles } from '../../../backend/artifacts/disk/disk-artifact-files.ts';
import { sessionArtifacts } from '../../../backend/artifacts/session-artifacts.ts';
import type { Environment } from '../../../backend/config/config.ts';
import type { RunLimits } from '../../../backend/runs/run-options.ts';
import { openRunBench, type RunBench } from '../../../backend/testing/run-bench.ts';
import { createTestApp, type TestApp } from '../../../backend/testing/test-app.ts';
import type { Services } from '../../../backend/services.ts';
import { serveHere } from '../../support/serve-here.ts';

/** One process of the service on its own port. */
export interface ServedAgent {
  app: TestApp;
  /** The service's address. */
  url: string;
  /** The A2A address of the agent lornu. */
  a2aUrl: string;
}

export interface A2aFixture {
  standin: GeminiStandin;
  bench: RunBench & { file: string };
  /** Starts another process on the same store. */
  serve: (options?: ServeOptions) => ServedAgent;
  close: () => Promise<void>;
}

export interface ServeOptions {
  environment?: Environment;
  limits?: Partial<RunLimits>;
  services?: Partial<Services>;
  /** The clock of this process. */
  now?: () => number;
}

/** The real service, its real store and the Gemini stand-in: several of its processes, simulated in this one. */
export async function openFixture(): Promise<A2aFixture> {
  const standin = await spawnGeminiStandin();
  const bench = await openRunBench(standin.url);
  const servers: Bun.Server<unknown>[] = [];
  return {
    standin,
    bench,
    serve: ({ environment = {}, limits, services, now = Date.now } = {}) => {
      const artifacts = new ArtifactService(
        new DiskArtifactFiles(`${bench.file}-artifacts`),
        32 * 1024 * 1024,
      );
      const { runs, sessions, database } = bench.process(limits, {
        artifactsOf: (session) => sessionArtifacts(artifacts, session),
        now,
      });
      let app: TestApp | undefined;
      const server = serveHere(
        async (received) => (await app?.fetch(received)) ?? new Response(null, { status: 503 }),
        { idleTimeout: 120, maxRequestBodySize: 64 * 1024 * 1024 },
      );
      servers.push(server);
      const url = server.url.origin;
      app = createTestApp(
        { LORNU_PUBLIC_URL: url, ADK_DEFAULT_APP_NAME: 'lornu', ...environment },
        {
          agents: bench.agents,
          sessions,
          runs,
          artifacts,
          tasks: new SqliteTaskRecords({ database }),
          now,
          ...services,
        },
      );
      return { app, url, a2aUrl: `${url}/a2a/lornu` };
    },
    close: async () => {
      await Promise.all(servers.map((server) => server.stop(true)));
      await bench.close();
      await standin.stop();
    },
  };
}

/** A message of a peer. */
export function message(text: string, more: Partial<Message> = {}): Message {
  return {
    messageId: crypto.randomUUID(),
    role: Role.ROLE_USER,
    parts: [{ content: { $case: 'text', value: text }, mediaType: '', filename: '', metadata: undefined }],
    contextId: '',
    taskId: '',
    extensions: [],
    referenceTaskIds: [],
    metadata: undefined,
    ...more,
  };
}

/** A request that sends the message. */
export function sending(
  sent: Message,
  configuration?: Partial<SendMessageConfiguration>,
): SendMessageRequest {
  const whole = configuration && {
    acceptedOutputModes: [],
    taskPushNotificationConfig: undefined,
    returnImmediately: false,
    ...configuration,
  };
  return { message: sent, configuration: whole, metadata: undefined, tenant: '' };
}

/** The text of all parts, joined. */
export function shownText(parts: readonly Part[] | undefined): string {
  return (parts ?? []).map(({ content }) => (content?.$case === 'text' ? content.value : '')).join('');
}
