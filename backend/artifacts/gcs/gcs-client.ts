import { AppError } from '../../errors/app-error.ts';
import type { StoredBytes } from '../artifact-files.ts';
import { withoutTrailing } from '../../config/without-trailing.ts';

export interface GcsClientOptions {
  bucket: string;
  /** Address of a stand-in. Default: Google's own. */
  apiEndpoint?: string | undefined;
  /** A bearer token; undefined if the endpoint needs none. */
  accessToken: () => Promise<string | undefined>;
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Longest time for one call, in milliseconds. */
  timeoutMs?: number;
}

export interface GcsObject {
  name: string;
  contentType?: string;
  metadata?: Record<string, string>;
  /** RFC 3339. */
  timeCreated?: string;
}

const TIMEOUT_MS = 30_000;
const GOOGLE = 'https://storage.googleapis.com';

/**
 * The five calls of Cloud Storage's JSON API that artifacts need, over fetch.
 * https://cloud.google.com/storage/docs/json_api/v1/objects
 */
export class GcsClient {
  readonly bucket: string;
  readonly #options: GcsClientOptions;
  readonly #base: string;

  constructor(options: GcsClientOptions) {
    this.#options = options;
    this.bucket = options.bucket;
    this.#base = withoutTrailing(options.apiEndpoint ?? GOOGLE, '/');
  }

  /** Creates an object; false if one of that name exists. */
  async create(object: GcsObject, bytes: Uint8Array): Promise<boolean> {
    const boundary = `part-${crypto.randomUUID()}`;
    const head = `--${boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify(object)}\r\n--${boundary}\r\ncontent-type: ${object.contentType ?? 'application/octet-stream'}\r\n\r\n`;
    const response = await this.#call(
      `/upload/storage/v1/b/${encodeURIComponent(this.bucket)}/o?uploadType=multipart&ifGenerationMatch=0`,
      {
        method: 'POST',
        headers: { 'content-type': `multipart/related; boundary=${boundary}` },
        body: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--`)]),
      },
      [412],
    );
    return response.ok;
  }

  async describe(name: string): Promise<GcsObject | undefined> {
    const response = await this.#call(this.#objectPath(name), {}, [404]);
    return response.ok ? ((await response.json()) as GcsObject) : undefined;
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    const response = await this.#call(`${this.#objectPath(name)}?alt=media`, {}, [404]);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
  }

  /** Streams an object's bytes. The timeout covers the headers only, as a reader may be slow. */
  async open(name: string): Promise<StoredBytes | undefined> {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), this.#options.timeoutMs ?? TIMEOUT_MS);
    const { signal } = controller;
    const path = `${this.#objectPath(name)}?alt=media`;
    const response = await this.#call(path, {}, [404], signal).finally(() => clearTimeout(timer));
    if (!response.ok || !response.body) return undefined;
    return { size: Number(response.headers.get('content-length') ?? 0), stream: response.body };
  }

  /** Names of all objects that begin with the prefix. */
  async list(prefix: string): Promise<string[]> {
    const names: string[] = [];
    let pageToken: string | undefined;
    do {
      const query = new URLSearchParams({ prefix, fields: 'items(name),nextPageToken' });
      if (pageToken) query.set('pageToken', pageToken);
      const path = `/storage/v1/b/${encodeURIComponent(this.bucket)}/o?${query.toString()}`;
      const page = (await (await this.#call(path, {}, [])).json()) as {
        items?: GcsObject[];
        nextPageToken?: string;
      };
      names.push(...(page.items ?? []).map((item) => item.name));
      pageToken = page.nextPageToken;
    } while (pageToken);
    return names;
  }

  async remove(name: string): Promise<void> {
    await this.#call(this.#objectPath(name), { method: 'DELETE' }, [404]);
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#call(`/storage/v1/b/${encodeURIComponent(this.bucket)}/o?maxResults=1`, { signal }, []);
  }

  #objectPath(name: string): string {
    return `/storage/v1/b/${encodeURIComponent(this.bucket)}/o/${encodeURIComponent(name)}`;
  }

  /** Returns responses with these statuses; throws for any other failure. */
  async #call(
    path: string,
    init: RequestInit,
    expected: readonly number[],
    timeout = AbortSignal.timeout(this.#options.timeoutMs ?? TIMEOUT_MS),
  ): Promise<Response> {
    const { accessToken, fetch: send = fetch } = this.#options;
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    let response: Response;
    try {
      const token = await accessToken();
      const headers = new Headers(init.headers);
      if (token) headers.set('authorization', `Bearer ${token}`);
      response = await send(`${this.#base}${path}`, { ...init, headers, signal });
    } catch (error) {
      throw new AppError('ARTIFACTS_UNAVAILABLE', undefined, { cause: error });
    }
    if (response.ok || expected.includes(response.status)) return response;
    const body = (await response.text().catch(() => '')).slice(0, 500);
    throw new AppError('ARTIFACTS_UNAVAILABLE', undefined, {
      cause: new Error(
        `Cloud Storage answered ${response.status} to ${init.method ?? 'GET'} ${path}: ${body}`,
      ),
    });
  }
}
