import type { Context } from 'hono';
import type { z } from 'zod';
import type { IdentityBindings, IdentityVariables } from '../identity/identify-caller.ts';
import type { Held } from '../identity/limits/byte-budget.ts';
import type { ErrorCode } from '../errors/error-table.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What the log, the error answers and the handlers share about one request. */
export interface RequestVariables extends IdentityVariables {
  requestId: string;
  traceId: string;
  /** What the request's body counts for, where its surface sets it before the body is read. */
  held?: Held;
}

export type AppEnv = { Variables: RequestVariables; Bindings: IdentityBindings };
export type AppContext = Context<AppEnv>;

export interface RouteInput<Query, Body> {
  context: AppContext;
  /** Path parameters, decoded once. */
  path: Record<string, string>;
  query: Query;
  body: Body;
  /** Counts an answer before memory is taken for it. Throws LIMIT_REACHED. */
  holdAnswer: (bytes: number) => Held;
}

/** One operation of the API: what is mounted, and what the OpenAPI document says about it. */
export interface Route<Query extends z.ZodType = z.ZodType, Body extends z.ZodType = z.ZodType> {
  method: Method;
  /** Hono's pattern; parameters as `:name`, a rest with slashes as `:name{.+}`. */
  path: string;
  summary: string;
  tag: string;
  deprecated?: boolean;
  query?: Query;
  body?: Body;
  /** The body may be left out; the handler then gets undefined. */
  bodyOptional?: boolean;
  /** The body may carry a file: the larger limit applies. */
  upload?: boolean;
  /** Makes something that was not there: refused under another's user id, where all else is answered as absent. */
  creates?: boolean;
  /** What the 200 answer is; a schema, or the media type of something that is not JSON. */
  answer: z.ZodType | { mediaType: string };
  /** Other statuses with an answer of the route's own. */
  otherAnswers?: Record<number, z.ZodType>;
  /** Answered without identifying the caller. */
  isOpen?: boolean;
  errors: readonly ErrorCode[];
  handler(input: RouteInput<z.output<Query>, z.output<Body> | undefined>): Response | Promise<Response>;
}

/** Keeps the types of query and body for the handler, and widens the route for the table it goes into. */
export function defineRoute<Query extends z.ZodType, Body extends z.ZodType>(
  route: Route<Query, Body>,
): Route {
  return route;
}
