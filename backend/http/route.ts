import type { Context } from 'hono';
import type { z } from 'zod';
import type { IdentityBindings, IdentityVariables } from '../identity/identify-caller.ts';
import type { Held } from '../identity/limits/byte-budget.ts';
import type { ErrorCode } from '../errors/error-table.ts';

/** Content with a separate size limit: a message with its files, or an artifact. */
export type Cargo = 'message' | 'artifact';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Per-request data shared by the log, the error responses and the handlers. */
export interface RequestVariables extends IdentityVariables {
  requestId: string;
  traceId: string;
  /** Budget for the request's body, if set before the body is read. */
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
  /** Counts a response against the budget before memory is taken for it. Throws LIMIT_REACHED. */
  holdAnswer: (bytes: number) => Held;
}

/** One operation of the API: how it is mounted, and how the OpenAPI document describes it. */
export interface Route<Query extends z.ZodType = z.ZodType, Body extends z.ZodType = z.ZodType> {
  method: Method;
  /** Hono's pattern: parameters as `:name`, a remainder with slashes as `:name{.+}`. */
  path: string;
  summary: string;
  tag: string;
  deprecated?: boolean;
  query?: Query;
  /** Headers that the route needs, by name, with what each holds. The handler reads and checks them. */
  headers?: Readonly<Record<string, string>>;
  body?: Body;
  /** The body may be missing; the handler then gets undefined. */
  bodyOptional?: boolean;
  /** The content of the body, if it may be larger than other bodies. */
  carries?: Cargo;
  /**
   * Creates something: refused under another user's id. Other operations on another user's data answer as if it did not
   * exist.
   */
  creates?: boolean;
  /** The 200 response: a schema, or the media type of a response that is not JSON. */
  answer: z.ZodType | { mediaType: string };
  /** Schemas of the route's responses with other statuses. */
  otherAnswers?: Record<number, z.ZodType>;
  /** Does not require authentication. */
  isOpen?: boolean;
  errors: readonly ErrorCode[];
  handler(input: RouteInput<z.output<Query>, z.output<Body> | undefined>): Response | Promise<Response>;
}

/** Gives the handler the types of query and body, and returns the route as a general Route for the table. */
export function defineRoute<Query extends z.ZodType, Body extends z.ZodType>(
  route: Route<Query, Body>,
): Route {
  return route;
}
