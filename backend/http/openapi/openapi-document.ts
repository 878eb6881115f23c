import { z } from 'zod';
import { ERROR_TABLE, type ErrorCode } from '../../errors/error-table.ts';
import type { Route } from '../route.ts';

type Json = Record<string, unknown>;

const DETAIL: Json = {
  type: 'object',
  required: ['detail'],
  properties: { detail: { type: 'string' } },
};

/** One entry of FastAPI's validation error. */
const VALIDATION_ISSUE: Json = {
  type: 'object',
  required: ['type', 'loc', 'msg'],
  properties: {
    type: { type: 'string' },
    loc: { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'integer' }] } },
    msg: { type: 'string' },
    input: {},
  },
};

const VALIDATION_DETAIL: Json = {
  type: 'object',
  required: ['detail'],
  // A string if a handler, not the schema, refuses: google-adk does so for version ids.
  properties: { detail: { anyOf: [{ type: 'array', items: VALIDATION_ISSUE }, { type: 'string' }] } },
};

export interface DocumentInfo {
  title: string;
  version: string;
  description: string;
}

/** The OpenAPI 3.1 document of exactly the mounted routes, from the schemas that validate their requests. */
export function openApiDocument(routes: readonly Route[], info: DocumentInfo): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)(?:\{[^}]*\})?/g, '{$1}');
    (paths[path] ??= {})[route.method] = operation(route, path);
  }
  return {
    openapi: '3.1.0',
    info,
    paths,
    components: { schemas: { Detail: DETAIL, ValidationDetail: VALIDATION_DETAIL } },
  };
}

function operation(route: Route, path: string): Json {
  return {
    operationId: `${route.method}_${path.replace(/\W+/g, '_').replace(/^_|_$/g, '')}`,
    summary: route.summary,
    tags: [route.tag],
    ...(route.deprecated ? { deprecated: true } : {}),
    parameters: [...pathParameters(path), ...queryParameters(route.query), ...headerParameters(route)],
    ...(route.body
      ? {
          requestBody: {
            required: !route.bodyOptional,
            content: { 'application/json': { schema: schemaOf(route.body, 'input') } },
          },
        }
      : {}),
    responses: {
      ...(route.errors.includes('NOT_BUILT') ? {} : { '200': success(route) }),
      ...failures(codesOf(route)),
      ...Object.fromEntries(
        Object.entries(route.otherAnswers ?? {}).map(([status, schema]) => [
          status,
          { description: 'The same, where not all is well.', content: jsonContent(schema) },
        ]),
      ),
    },
  };
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(query: z.ZodType | undefined): Json[] {
  if (!query) return [];
  const { properties = {}, required = [] } = schemaOf(query, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

function headerParameters({ headers = {} }: Route): Json[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header',
    required: true,
    description,
    schema: { type: 'string' },
  }));
}

function success({ answer }: Route): Json {
  const description = 'Done.';
  if (answer instanceof z.ZodType) {
    return { description, content: jsonContent(answer) };
  }
  return { description, content: { [answer.mediaType]: { schema: { type: 'string' } } } };
}

function jsonContent(schema: z.ZodType): Json {
  return { 'application/json': { schema: schemaOf(schema, 'output') } };
}

/** Error codes that any request of this kind may get, besides those that the route lists. */
function codesOf(route: Route): ErrorCode[] {
  return [
    ...new Set<ErrorCode>([
      ...route.errors,
      'HOST_FORBIDDEN',
      'ORIGIN_FORBIDDEN',
      ...(route.isOpen
        ? []
        : (['UNAUTHENTICATED', 'TOKEN_REFUSED', 'CALLER_NOT_ALLOWED', 'LIMIT_REACHED'] as const)),
      ...(route.path.includes(':') ? (['ROUTE_NOT_FOUND'] as const) : []),
      ...(route.query || route.body ? (['INVALID_REQUEST'] as const) : []),
      ...(route.body ? (['BODY_TOO_LARGE', 'BODY_INCOMPLETE', 'BODY_TIMEOUT'] as const) : []),
      'INTERNAL',
    ]),
  ];
}

/** One response per status, with the codes that x-error-code may have and what to do about each. */
function failures(codes: readonly ErrorCode[]): Json {
  const byStatus = Map.groupBy(codes, (code) => ERROR_TABLE[code].status);
  return Object.fromEntries(
    [...byStatus]
      .toSorted(([a], [b]) => a - b)
      .map(([status, group]) => [
        String(status),
        {
          description: group
            .map((code) => `${code}: ${ERROR_TABLE[code].sentence} ${ERROR_TABLE[code].next}`)
            .join('\n'),
          content: {
            'application/json': {
              schema: {
                $ref: `#/components/schemas/${group.includes('INVALID_REQUEST') ? 'ValidationDetail' : 'Detail'}`,
              },
            },
          },
        },
      ]),
  );
}

/**
 * A JSON Schema without external references; with `id`s, parts of it would move to a shared section that the document
 * does not have.
 */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
  });
  return rest;
}
