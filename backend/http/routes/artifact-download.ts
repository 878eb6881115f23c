import { z } from 'zod';
import type { ArtifactService } from '../../artifacts/artifact-service.ts';
import { AppError } from '../../errors/app-error.ts';
import { defineRoute, type Route } from '../route.ts';
import { wireInt } from '../wire/wire-schema.ts';

/** What a browser may show in place; everything else is offered as a file. */
const SHOWN = /^(?:image\/(?:png|jpeg|gif|webp|avif)|audio\/[\w.+-]+|video\/[\w.+-]+|text\/plain)(?:;|$)/;

/**
 * An artifact's bytes, for images in the page and for saving. What it holds was written by a model or by a person,
 * so it never becomes a document of our origin: unknown types are files, and a document is put into an empty sandbox.
 */
export function artifactDownloadRoutes(artifacts: ArtifactService): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/apps/:appName/users/:userId/sessions/:sessionId/artifacts/:artifactName{.+}',
      summary: "An artifact's bytes, with its own media type; the latest version when none is named.",
      tag: 'artifacts',
      query: z.object({ version: wireInt.optional() }),
      answer: { mediaType: 'application/octet-stream' },
      errors: ['ARTIFACT_NOT_FOUND', 'INVALID_REQUEST', 'ARTIFACTS_UNAVAILABLE'],
      handler: async ({ path, query }) => {
        const { appName = '', userId = '', sessionId = '', artifactName: filename = '' } = path;
        const { version } = query;
        const artifact = await artifacts.openArtifact({
          appName,
          userId,
          sessionId,
          filename,
          ...(version === undefined ? {} : { version }),
        });
        if (!artifact || 'fileData' in artifact) throw new AppError('ARTIFACT_NOT_FOUND');
        const type = artifact.isText ? 'text/plain; charset=utf-8' : artifact.mimeType;
        const shown = SHOWN.test(type);
        return new Response(artifact.stream, {
          headers: {
            'content-type': type,
            'content-length': String(artifact.size),
            'content-disposition': `${shown ? 'inline' : 'attachment'}; ${fileNameParameters(filename)}`,
            'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
            'cross-origin-resource-policy': 'same-origin',
            // A version never changes; which one is the latest does.
            'cache-control':
              version === undefined ? 'private, no-cache' : 'private, max-age=31536000, immutable',
          },
        });
      },
    }),
  ];
}

/** The last part of the name, as RFC 6266 writes it: plain for old clients, in full for others. */
function fileNameParameters(filename: string): string {
  const name =
    filename
      .replace(/^user:/, '')
      .split('/')
      .at(-1) ?? 'artifact';
  const plain = name.replaceAll(/[^\w.\- ]/g, '_');
  const full = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
  return `filename="${plain}"; filename*=UTF-8''${full}`;
}
