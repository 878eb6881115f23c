import { createHash } from 'node:crypto';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';

const UPLOADS = /^\/v2\/(.+)\/blobs\/uploads\/([\w-]*)$/;
const BLOB = /^\/v2\/.+\/blobs\/(sha256:[0-9a-f]{64})$/;
const MANIFEST = /^\/v2\/(.+)\/manifests\/(.+)$/;
const REFERRERS = /^\/v2\/.+\/referrers\/(sha256:[0-9a-f]{64})$/;
const INDEX = 'application/vnd.oci.image.index.v1+json';

interface Manifest {
  mediaType: string;
  artifactType?: string;
  config: { digest: string; mediaType: string };
  layers: { digest: string }[];
  subject?: { digest: string };
  annotations?: Record<string, string>;
}

interface PushedImage {
  repositoryName: string;
  imageTag: string;
  imageManifest: string;
  imageDigest: string;
}

/** A registry for container engines and cosign: one repository with blobs, immutable tags and referrers. */
export interface Registry {
  answer: (request: Request) => Promise<Response>;
  /** Digests of the pushed manifests, by tag. */
  pushed: Map<string, string>;
  /** Manifests by digest, as their bytes; a test may change one. */
  manifests: Map<string, string>;
  /** Digests of the referrers of an image: its signatures and attestations. */
  referrersOf: (digest: string) => string[];
  /** The bytes of a blob, for example of a signature bundle. */
  readBlob: (digest: string) => Promise<Buffer>;
  /** Stores bytes as a blob, and returns their digest. */
  putBlob: (bytes: Uint8Array | string) => Promise<string>;
  /** Stores a manifest, as a push does. */
  putManifest: (text: string) => string;
}

/**
 * Stores blobs in the folder. Callers need a password for which `accepts` returns true. Calls `onPush` for each tag.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
 */
export async function createRegistry(
  folder: string,
  accepts: (password: string) => boolean,
  onPush: (image: PushedImage) => Promise<void> = async () => {},
): Promise<Registry> {
  await mkdir(folder, { recursive: true });
  const pushed = new Map<string, string>();
  const manifests = new Map<string, string>();
  const blobPath = (digest: string): string => join(folder, digest.replace(':', '-'));
  const subjectOf = (text: string): string | undefined => (JSON.parse(text) as Manifest).subject?.digest;
  const referrersOf = (digest: string): string[] =>
    [...manifests].flatMap(([own, text]) => (subjectOf(text) === digest ? [own] : []));

  const takeBlob = async (request: Request, name: string, id: string): Promise<Response> => {
    if (request.method === 'POST') {
      const location = `/v2/${name}/blobs/uploads/${crypto.randomUUID()}`;
      return new Response(null, { status: 202, headers: { location, range: '0-0' } });
    }
    const path = join(folder, `upload-${id}`);
    const before = Bun.file(path);
    const parts = (await before.exists()) ? [await before.bytes()] : [];
    const bytes = Buffer.concat([...parts, new Uint8Array(await request.arrayBuffer())]);
    await Bun.write(path, bytes);
    const { pathname, searchParams } = new URL(request.url);
    if (request.method === 'PATCH')
      return new Response(null, {
        status: 202,
        headers: { location: pathname, range: `0-${bytes.length - 1}` },
      });
    const digest = digestOf(bytes);
    if (searchParams.get('digest') !== digest) return refusal(400, 'DIGEST_INVALID');
    await rename(path, blobPath(digest));
    return new Response(null, { status: 201, headers: { location: `/v2/${name}/blobs/${digest}` } });
  };

  const takeManifest = async (request: Request, name: string, reference: string): Promise<Response> => {
    const text = await request.text();
    const digest = digestOf(text);
    const isTag = !reference.startsWith('sha256:');
    if (!isTag && reference !== digest) return refusal(400, 'DIGEST_INVALID');
    const { config, layers } = JSON.parse(text) as Manifest;
    for (const part of [config, ...layers])
      if (!(await Bun.file(blobPath(part.digest)).exists())) return refusal(400, 'MANIFEST_BLOB_UNKNOWN');
    if (isTag) {
      if ((pushed.get(reference) ?? digest) !== digest) return refusal(400, 'TAG_INVALID');
      await onPush({ repositoryName: name, imageTag: reference, imageManifest: text, imageDigest: digest });
      pushed.set(reference, digest);
    }
    manifests.set(digest, text);
    const subject = subjectOf(text);
    const headers = { 'docker-content-digest': digest, ...(subject ? { 'oci-subject': subject } : {}) };
    return new Response(null, { status: 201, headers });
  };

  const giveManifest = (request: Request, reference: string): Response => {
    const digest = pushed.get(reference) ?? reference;
    const text = manifests.get(digest);
    if (text === undefined) return refusal(404, 'MANIFEST_UNKNOWN');
    const { mediaType } = JSON.parse(text) as Manifest;
    const headers = {
      'content-type': mediaType,
      'docker-content-digest': digest,
      'content-length': String(Buffer.byteLength(text)),
    };
    return new Response(request.method === 'HEAD' ? null : text, { headers });
  };

  const giveReferrers = (digest: string): Response => {
    const entries = referrersOf(digest).map((own) => {
      const text = manifests.get(own) ?? '';
      const { mediaType, artifactType, config, annotations } = JSON.parse(text) as Manifest;
      const size = Buffer.byteLength(text);
      return { mediaType, digest: own, size, artifactType: artifactType ?? config.mediaType, annotations };
    });
    const index = { schemaVersion: 2, mediaType: INDEX, manifests: entries };
    return Response.json(index, { headers: { 'content-type': INDEX } });
  };

  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const [, password = ''] = Buffer.from(
      request.headers.get('authorization')?.replace(/^Basic /, '') ?? '',
      'base64',
    )
      .toString()
      .split(':');
    if (!accepts(password)) return refusal(401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="ECR"' });
    if (pathname === '/v2/') return Response.json({});
    const [, name = '', id = ''] = UPLOADS.exec(pathname) ?? [];
    if (name) return takeBlob(request, name, id);
    const [, digest] = BLOB.exec(pathname) ?? [];
    if (digest) {
      const file = Bun.file(blobPath(digest));
      if (!(await file.exists())) return refusal(404, 'BLOB_UNKNOWN');
      const headers = { 'docker-content-digest': digest, 'content-length': String(file.size) };
      return new Response(request.method === 'HEAD' ? null : file, { headers });
    }
    const [, subject] = REFERRERS.exec(pathname) ?? [];
    if (subject) return giveReferrers(subject);
    const [, repository = '', reference = ''] = MANIFEST.exec(pathname) ?? [];
    if (!repository) return refusal(404, 'MANIFEST_UNKNOWN');
    return request.method === 'PUT'
      ? takeManifest(request, repository, reference)
      : giveManifest(request, reference);
  };

  return {
    answer,
    pushed,
    manifests,
    referrersOf,
    readBlob: async (digest) => Buffer.from(await Bun.file(blobPath(digest)).arrayBuffer()),
    putBlob: async (bytes) => {
      const digest = digestOf(bytes);
      await Bun.write(blobPath(digest), bytes);
      return digest;
    },
    putManifest: (text) => {
      const digest = digestOf(text);
      manifests.set(digest, text);
      return digest;
    },
  };
}

let small = 0;

/** Pushes a new image without content, and returns its digest. */
export async function pushSmallImage(registry: Registry): Promise<string> {
  const layer = await registry.putBlob(`layer ${small++}`);
  const config = await registry.putBlob('{"architecture":"arm64","os":"linux","rootfs":{"type":"layers"}}');
  const part = async (mediaType: string, digest: string) => ({
    mediaType,
    digest,
    size: (await registry.readBlob(digest)).length,
  });
  return registry.putManifest(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: await part('application/vnd.oci.image.config.v1+json', config),
      layers: [await part('application/vnd.oci.image.layer.v1.tar', layer)],
    }),
  );
}

function refusal(status: number, code: string, headers: Record<string, string> = {}): Response {
  return Response.json({ errors: [{ code, message: code }] }, { status, headers });
}

function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
