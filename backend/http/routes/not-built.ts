import { z } from 'zod';
import { AppError } from '../../errors/app-error.ts';
import { defineRoute, type Method, type Route } from '../route.ts';

/** Parts of Python ADK's API that this service does not provide, each with a description. */
const NOT_BUILT: readonly [method: Method, path: string, what: string][] = [
  ['get', '/run_live', 'The live (audio and video) stream is'],
  ['post', '/apps/:appName/trigger/pubsub', 'The Pub/Sub trigger is'],
  ['post', '/apps/:appName/trigger/eventarc', 'The Eventarc trigger is'],
  ['post', '/agent-identity/finalize', 'Agent Identity is'],
  ['post', '/api/reasoning_engine', "Gemini Enterprise's entry is"],
  ['post', '/api/stream_reasoning_engine', "Gemini Enterprise's entry is"],
];

/** Answers 404 with a sentence where Python ADK has a route and this service has none. */
export function notBuiltRoutes(): Route[] {
  return NOT_BUILT.map(([method, path, what]) =>
    defineRoute({
      method,
      path,
      summary: `${what} not served here.`,
      tag: 'not served',
      answer: z.unknown(),
      errors: ['NOT_BUILT'],
      handler: () => {
        throw new AppError('NOT_BUILT', `${what} not served here; the FastAPI/ADK agent serves it.`);
      },
    }),
  );
}
