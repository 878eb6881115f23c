import { z } from 'zod';
import type { ArtifactService } from '../../artifacts/artifact-service.ts';
import { AppError } from '../../errors/app-error.ts';
import { defineRoute, type Route } from '../route.ts';
import { wireInt } from '../wire/wire-schema.ts';

/** Types that a browser may display; all others are downloaded. */
const SHOWN = /^(?:image\/(?:png|jpeg|gif|webp|avif)|audio\/[\w.+-]+|video\/[\w.+-]+|text\/plain)(?:;|$)/;

/**
 * Serves an artifact's bytes, for images in the page and for downloads. A model or a person wrote the content, so it
 * must never become a document of our origin: unknown types are downloads, and documents get an empty sandbox.
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
            // A version never changes, but `latest` does.
            'cache-control':
              version === undefined ? 'private, no-cache' : 'private, max-age=31536000, immutable',
          },
        });
      },
    }),
  ];
}

/** The last segment of the name, as RFC 6266 writes it: ASCII for old clients, complete for others. */
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
