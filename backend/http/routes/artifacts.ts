import type { CompositeSessionKey } from '@google/adk';
import { z } from 'zod';
import type { ArtifactService, ArtifactVersionInfo } from '../../artifacts/artifact-service.ts';
import { AppError } from '../../errors/app-error.ts';
import { partFromWire } from '../../events/wire.ts';
import { nullAnswer } from '../answer.ts';
import { PAGE_QUERY, pageOf } from '../paging.ts';
import { partJson } from '../part-stream.ts';
import { defineRoute, type Route } from '../route.ts';
import { SAVE_ARTIFACT_REQUEST } from '../wire/requests.ts';
import { wireInt } from '../wire/wire-schema.ts';

const COLLECTION = '/apps/:appName/users/:userId/sessions/:sessionId/artifacts';
const ONE = `${COLLECTION}/:artifactName{.+}`;

/** Versions described per page: each is a call to the store. */
const DESCRIBED_A_PAGE = 100;

const VERSION = z.object({
  version: z.number(),
  canonicalUri: z.string(),
  customMetadata: z.record(z.string(), z.unknown()),
  createTime: z.number().meta({ description: 'Seconds since the epoch.' }),
  mimeType: z.string().optional(),
});

const PART = z.looseObject({
  text: z.string().optional(),
  inlineData: z.looseObject({ data: z.string(), mimeType: z.string() }).optional(),
});

type FileRequest = CompositeSessionKey & { filename: string };

function sessionOf({
  appName = '',
  userId = '',
  sessionId = '',
}: Record<string, string>): CompositeSessionKey {
  return { appName, userId, sessionId };
}

function fileOf(path: Record<string, string>): FileRequest {
  return { ...sessionOf(path), filename: path['artifactName'] ?? '' };
}

/**
 * Artifacts over REST, with Python ADK's responses. Patterns that end in /versions… come before the one that matches
 * any name.
 */
export function artifactRoutes(artifacts: ArtifactService): Route[] {
  async function load(path: Record<string, string>, version: number | undefined): Promise<Response> {
    const artifact = await artifacts.openArtifact({
      ...fileOf(path),
      ...(version === undefined ? {} : { version }),
    });
    if (!artifact) throw new AppError('ARTIFACT_NOT_FOUND');
    return new Response(partJson(artifact), { headers: { 'content-type': 'application/json' } });
  }

  async function describe(
    file: FileRequest,
    version: number | undefined,
  ): Promise<ArtifactVersionInfo | undefined> {
    return artifacts.getArtifactVersion({ ...file, ...(version === undefined ? {} : { version }) });
  }

  return [
    defineRoute({
      method: 'get',
      path: `${ONE}/versions/metadata`,
      summary: 'All versions of an artifact with what is known of each.',
      tag: 'artifacts',
      query: PAGE_QUERY,
      answer: z.array(VERSION),
      errors: ['BAD_CURSOR', 'INVALID_REQUEST', 'ARTIFACTS_UNAVAILABLE'],
      handler: async ({ path, query, context }) => {
        const file = fileOf(path);
        const { limit = DESCRIBED_A_PAGE, cursor } = query;
        const page = { limit: Math.min(limit, DESCRIBED_A_PAGE), cursor };
        const versions = pageOf(await artifacts.listVersions(file), String, page, context);
        return context.json(await artifacts.describeVersions(file, versions));
      },
    }),
    defineRoute({
      method: 'get',
      path: `${ONE}/versions/:versionId/metadata`,
      summary: 'What is known of one version; versionId is a number or latest.',
      tag: 'artifacts',
      answer: VERSION,
      errors: ['ARTIFACT_NOT_FOUND', 'INVALID_REQUEST', 'ARTIFACTS_UNAVAILABLE'],
      handler: async ({ path, context }) => {
        const found = await describe(fileOf(path), versionNumber(path['versionId']));
        if (!found) throw new AppError('ARTIFACT_NOT_FOUND', 'Artifact version not found');
        return context.json(found);
      },
    }),
    defineRoute({
      method: 'get',
      path: `${ONE}/versions/:versionId`,
      summary: 'One version of an artifact; versionId is a number or latest.',
      tag: 'artifacts',
      answer: PART,
      errors: ['ARTIFACT_NOT_FOUND', 'INVALID_REQUEST', 'ARTIFACTS_UNAVAILABLE'],
      handler: async ({ path }) => load(path, versionNumber(path['versionId'])),
    }),
    defineRoute({
      method: 'get',
      path: `${ONE}/versions`,
      summary: 'The numbers of the versions of an artifact.',
      tag: 'artifacts',
      query: PAGE_QUERY,
      answer: z.array(z.number()),
      errors: ['BAD_CURSOR', 'INVALID_REQUEST', 'ARTIFACTS_UNAVAILABLE'],
      handler: async ({ path, query, context }) =>
        context.json(pageOf(await artifacts.listVersions(fileOf(path)), String, query, context)),
    }),
    defineRoute({
      method: 'get',
      path: COLLECTION,
      summary: "The names of a session's artifacts, and of those that all sessions of the user share.",
      tag: 'artifacts',
      query: PAGE_QUERY,
      answer: z.array(z.string()),
      errors: ['BAD_CURSOR', 'INVALID_REQUEST', 'ARTIFACTS_UNAVAILABLE'],
      handler: async ({ path, query, context }) =>
        context.json(pageOf(await artifacts.listArtifactKeys(sessionOf(path)), String, query, context)),
    }),
    defineRoute({
      method: 'post',
      path: COLLECTION,
      creates: true,
      summary: 'Saves the next version of an artifact.',
      tag: 'artifacts',
      body: SAVE_ARTIFACT_REQUEST,
      carries: 'artifact',
      answer: VERSION,
      errors: [
        'BAD_REQUEST',
        'INVALID_REQUEST',
        'BODY_TOO_LARGE',
        'ARTIFACT_TOO_LARGE',
        'ARTIFACT_BUSY',
        'ARTIFACTS_UNAVAILABLE',
      ],
      handler: async ({ path, body, context }) => {
        if (!body) throw new AppError('INVALID_REQUEST');
        const { filename, artifact, customMetadata } = body;
        const file: FileRequest = { ...sessionOf(path), filename };
        const version = await artifacts.saveArtifact({
          ...file,
          artifact: partFromWire(artifact),
          ...(customMetadata ? { customMetadata } : {}),
        });
        return context.json(await describe(file, version));
      },
    }),
    // Last, because it matches every name, including those that end in /versions.
    defineRoute({
      method: 'get',
      path: ONE,
      summary: 'An artifact; its latest version when none is named.',
      tag: 'artifacts',
      query: z.object({ version: wireInt.optional() }),
      answer: PART,
      errors: ['ARTIFACT_NOT_FOUND', 'INVALID_REQUEST', 'ARTIFACTS_UNAVAILABLE'],
      handler: async ({ path, query }) => load(path, query.version),
    }),
    defineRoute({
      method: 'delete',
      path: ONE,
      summary: 'Deletes all versions of an artifact; also answers null when there is none.',
      tag: 'artifacts',
      answer: z.null(),
      errors: ['ARTIFACTS_UNAVAILABLE'],
      handler: async ({ path }) => {
        await artifacts.deleteArtifact(fileOf(path));
        return nullAnswer();
      },
    }),
  ];
}

/** Undefined for `latest`. For anything that is not a number, Python answers 422 with a plain sentence. */
function versionNumber(versionId: string | undefined): number | undefined {
  if (versionId === 'latest') return undefined;
  if (/^[+-]?\d{1,15}$/.test(versionId ?? '')) return Number(versionId);
  throw new AppError('INVALID_REQUEST', 'Invalid version ID');
}
