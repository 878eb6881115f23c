import { z } from 'zod';
import { defineRoute, type Method, type Route } from '../route.ts';

export interface DevRoute {
  method: Method;
  path: string;
  summary: string;
  handler: Route['handler'];
  body?: z.ZodType | undefined;
  query?: z.ZodType | undefined;
}

/** A route of `adk web`. ADK's page reads its responses; our OpenAPI document does not describe them. */
export function devRoute(tag: string, { body, query, ...route }: DevRoute): Route {
  return defineRoute({
    ...route,
    tag,
    ...(body ? { body } : {}),
    ...(query ? { query } : {}),
    answer: z.unknown(),
    errors: ['APP_NOT_FOUND', 'EVAL_NOT_FOUND', 'SESSION_NOT_FOUND', 'BAD_REQUEST'],
  });
}
