import { z } from 'zod';
import { defineRoute, type Route } from '../route.ts';
import { docsPage } from './docs-page.ts';
import { openApiDocument } from './openapi-document.ts';

/** Routes for the document and the page, which also describe themselves; both are built on first request. */
export function openApiRoutes(described: readonly Route[], version: string): Route[] {
  let document: string | undefined;
  let page: ReturnType<typeof docsPage> | undefined;
  const routes: Route[] = [
    defineRoute({
      method: 'get',
      path: '/openapi.json',
      summary: 'This reference for programs, as OpenAPI 3.1.',
      tag: 'service',
      answer: z.looseObject({ openapi: z.string() }),
      errors: [],
      handler: () => {
        document ??= JSON.stringify(
          openApiDocument([...described, ...routes], {
            title: 'Lornu AI agent service',
            version,
            description: "Python ADK's REST contract, and what this service adds to it.",
          }),
        );
        return new Response(document, { headers: { 'content-type': 'application/json' } });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/docs',
      summary: 'This reference for people.',
      tag: 'service',
      answer: { mediaType: 'text/html' },
      errors: [],
      handler: () => {
        page ??= docsPage([...described, ...routes]);
        return new Response(page.html, { headers: page.headers });
      },
    }),
  ];
  return routes;
}
