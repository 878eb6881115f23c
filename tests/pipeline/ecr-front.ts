import { rm } from 'node:fs/promises';
import { ECR } from '@aws-sdk/client-ecr';
import { emulatorSettings } from '@lornu/rehearsal/emulator/aws-clients.ts';
import { createRegistry, type Registry } from './registry.ts';

/** ECR as seen by a container engine and cosign. */
export interface EcrFront {
  /** Replaces ECR's own endpoint: AWS_ENDPOINT_URL_ECR. */
  url: string;
  /** Example: 127.0.0.1:1234/lornu-agent. */
  repository: string;
  registry: Registry;
  stop: () => Promise<void>;
}

/**
 * A registry in front of the emulator, which has ECR's API but no registry. It accepts layers and manifests with the
 * password from ECR, refuses to move a tag, and registers each image in the emulator; all other calls are forwarded.
 * The token of GetAuthorizationToken names this registry.
 */
export async function startEcrFront(folder: string, emulatorUrl: string): Promise<EcrFront> {
  const ecr = new ECR(emulatorSettings(emulatorUrl));
  const registry = await createRegistry(
    folder,
    (password) => password.endsWith('-auth-token'),
    async (image) => void (await ecr.putImage(image)),
  );
  const server: Bun.Server<undefined> = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    maxRequestBodySize: 512 * 1024 * 1024,
    fetch: async (request) => {
      const url = new URL(request.url);
      if (url.pathname.startsWith('/v2/')) return registry.answer(request);
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
    registry,
    stop: async () => {
      await server.stop(true);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
