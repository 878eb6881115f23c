import { createHash } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { emulatorSettings } from '@lornu/rehearsal/emulator/aws-clients.ts';

/** ECR, as an engine sees it during a push. */
export interface EcrFront {
  /** Replaces ECR's own endpoint: AWS_ENDPOINT_URL_ECR. */
  url: string;
  /** Example: 127.0.0.1:1234/lornu-agent. */
  repository: string;
  /** Digests of the pushed manifests, by tag. */
  pushed: Map<string, string>;
  stop: () => Promise<void>;
}

const UPLOADS = /^\/v2\/(.+)\/blobs\/uploads\/([\w-]*)$/;
const BLOB = /^\/v2\/.+\/blobs\/(sha256:[0-9a-f]{64})$/;
const MANIFEST = /^\/v2\/(.+)\/manifests\/(.+)$/;

/**
 * A registry in front of the emulator, which has ECR's API but no registry. It accepts layers and manifests with the
 * password from ECR, refuses to move a tag, and registers each image in the emulator; all other calls are forwarded.
 * The token of GetAuthorizationToken names this registry. https://github.com/opencontainers/distribution-spec
 */
export async function startEcrFront(folder: string, emulatorUrl: string): Promise<EcrFront> {
  await mkdir(folder, { recursive: true });
  const ecr = new ECRClient(emulatorSettings(emulatorUrl));
  const pushed = new Map<string, string>();
  const blobPath = (digest: string): string => join(folder, digest.replace(':', '-'));

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

  const takeManifest = async (request: Request, name: string, tag: string): Promise<Response> => {
    const text = await request.text();
    const digest = digestOf(Buffer.from(text));
    const { config, layers } = JSON.parse(text) as {
      config: { digest: string };
      layers: { digest: string }[];
    };
    for (const part of [config, ...layers])
      if (!(await Bun.file(blobPath(part.digest)).exists())) return refusal(400, 'MANIFEST_BLOB_UNKNOWN');
    if ((pushed.get(tag) ?? digest) !== digest) return refusal(400, 'TAG_INVALID');
    const image = { repositoryName: name, imageTag: tag, imageManifest: text, imageDigest: digest };
    await ecr.send(new PutImageCommand(image));
    pushed.set(tag, digest);
    return new Response(null, { status: 201, headers: { 'docker-content-digest': digest } });
  };

  const serveRegistry = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const [, password] = Buffer.from(
      request.headers.get('authorization')?.replace(/^Basic /, '') ?? '',
      'base64',
    )
      .toString()
      .split(':');
    if (!password?.endsWith('-auth-token'))
      return refusal(401, 'UNAUTHORIZED', { 'www-authenticate': 'Basic realm="ECR"' });
    if (pathname === '/v2/') return Response.json({});
    const [, name = '', id = ''] = UPLOADS.exec(pathname) ?? [];
    if (name) return takeBlob(request, name, id);
    const [, digest] = BLOB.exec(pathname) ?? [];
    if (digest) {
      const there = await Bun.file(blobPath(digest)).exists();
      return new Response(null, { status: there ? 200 : 404, headers: { 'docker-content-digest': digest } });
    }
    const [, repository = '', tag = ''] = MANIFEST.exec(pathname) ?? [];
    return repository && request.method === 'PUT'
      ? takeManifest(request, repository, tag)
      : refusal(404, 'MANIFEST_UNKNOWN');
  };

  const server: Bun.Server<undefined> = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    maxRequestBodySize: 512 * 1024 * 1024,
    fetch: async (request) => {
      const url = new URL(request.url);
      if (url.pathname.startsWith('/v2/')) return serveRegistry(request);
      const answer = await fetch(`${emulatorUrl}${url.pathname}`, {
        method: request.method,
        headers: request.headers,
        body: await request.arrayBuffer(),
      });
      const text = (await answer.text()).replace(
        /"proxyEndpoint":\s*"[^"]*"/,
        `"proxyEndpoint":"http://127.0.0.1:${server.port}"`,
      );
      return new Response(text, {
        status: answer.status,
        headers: { 'content-type': 'application/x-amz-json-1.1' },
      });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    repository: `127.0.0.1:${server.port}/lornu-agent`,
    pushed,
    stop: async () => {
      await server.stop(true);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function refusal(status: number, code: string, headers: Record<string, string> = {}): Response {
  return Response.json({ errors: [{ code, message: code }] }, { status, headers });
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
