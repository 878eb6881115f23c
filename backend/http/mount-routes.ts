import type { Hono } from 'hono';
import type { z } from 'zod';
import { ValidationError } from '../errors/validation-error.ts';
import { ByteBudget, type Held } from '../identity/limits/byte-budget.ts';
import { afterLargeStep } from '../json/large.ts';
import { type BodyLimits, holdBody } from '../web/read-body.ts';
import { readJsonBody } from './json-body.ts';
import { bindUser } from '../identity/bind-user.ts';
import type { Principal } from '../identity/principal.ts';
import type { AppContext, AppEnv, Cargo, Route } from './route.ts';
import { toValidationIssues } from './wire/pydantic-issues.ts';

export interface MountLimits {
  bodyBytes: number;
  messageBytes: number;
  uploadBytes: number;
  bodyTimeoutMs: number;
}

/** Mounts routes in order: the first match wins, so specific patterns come before general ones. */
export function mountRoutes(
  app: Hono<AppEnv>,
  routes: readonly Route[],
  limits: MountLimits,
  budget: ByteBudget,
): void {
  for (const route of routes) {
    app.on(route.method.toUpperCase(), route.path, async (context) => {
      const principal: Principal | undefined = context.get('principal');
      const body = bodyLimits(route, limits);
      const caller = principal?.id ?? 'nobody';
      const held = holdBody(context.req.raw, body, { budget, caller });
      const holdAnswer = (bytes: number) => budget.hold(caller, Math.min(bytes, largestBody(limits)));
      try {
        const input = {
          path: context.req.param(),
          query: parseQuery(route, context),
          body: await bodyOf(route, context, body, held),
        };
        // Open routes have no caller.
        const bound = principal === undefined ? input : bindUser(principal, route.creates === true, input);
        return await route.handler({ context, ...bound, holdAnswer });
      } finally {
        held.release();
      }
    });
  }
}

function bodyLimits(route: Route, limits: MountLimits): BodyLimits {
  // A body is never read on a route that takes none.
  const maxBytes = route.body ? maxBodyBytes(limits, route.carries) : Number.POSITIVE_INFINITY;
  return { maxBytes, timeoutMs: limits.bodyTimeoutMs };
}

/** Lets one caller send the largest possible body, and two callers do so at once. */
export function createByteBudget(limits: MountLimits): ByteBudget {
  const callerBytes = largestBody(limits);
  return new ByteBudget({ callerBytes, processBytes: 2 * callerBytes });
}

/** The largest body by its content. An artifact is base64 inside JSON: a third larger, plus the rest of the body. */
export function maxBodyBytes(
  { bodyBytes, messageBytes, uploadBytes }: MountLimits,
  cargo: Cargo | undefined,
): number {
  if (cargo === 'message') return messageBytes;
  return cargo === 'artifact' ? Math.ceil(uploadBytes / 3) * 4 + bodyBytes : bodyBytes;
}

/** The largest body of any route. */
export function largestBody(limits: MountLimits): number {
  return Math.max(
    ...([undefined, 'message', 'artifact'] as const).map((cargo) => maxBodyBytes(limits, cargo)),
  );
}

function parseQuery(route: Route, context: AppContext): unknown {
  return route.query ? parse(route.query, context.req.query(), 'query') : undefined;
}

async function bodyOf(route: Route, context: AppContext, limits: BodyLimits, held: Held): Promise<unknown> {
  if (!route.body) return undefined;
  const body = await readJsonBody(context.req.raw, limits, held);
  if (body === undefined || (body === null && route.bodyOptional)) {
    if (route.bodyOptional) return undefined;
    throw new ValidationError([{ type: 'missing', loc: ['body'], msg: 'Field required', input: null }]);
  }
  const parsed = parse(route.body, body, 'body');
  await afterLargeStep(held.bytes);
  return parsed;
}

function parse(schema: z.ZodType, value: unknown, where: 'body' | 'query'): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ValidationError(toValidationIssues(result.error.issues, value, where));
}
