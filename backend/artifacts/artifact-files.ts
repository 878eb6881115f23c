/** Which artifact: `scope` is the session's id, or `user` for those that all sessions of a user share. */
export interface ArtifactKey {
  appName: string;
  userId: string;
  scope: { session: string } | 'user';
  /** As ADK names it, with its `user:` prefix. */
  filename: string;
}

export type ArtifactScope = Omit<ArtifactKey, 'filename'>;

export interface StoredContent {
  bytes: Uint8Array;
  contentType: string;
  /** What the caller gave along with the artifact. */
  customMetadata: Record<string, unknown>;
  /** What is needed to give back the same Part: text or bytes, a display name, a reference. */
  form:
    | { kind: 'text' }
    | { kind: 'bytes'; displayName?: string }
    | { kind: 'reference'; fileUri: string; mimeType?: string };
}

export interface StoredBytes {
  size: number;
  stream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

export interface StoredVersion extends Omit<StoredContent, 'bytes'> {
  version: number;
  /** Seconds since the epoch. */
  createTime: number;
  canonicalUri: string;
}

/**
 * Where versions of artifacts lie. Names and numbers are the caller's business; a store only keeps them apart.
 * Every call is bounded in time and throws AppError ARTIFACTS_UNAVAILABLE when the store does not answer.
 */
export interface ArtifactFiles {
  /** Ascending. */
  versions(key: ArtifactKey): Promise<number[]>;
  /** All or nothing; false where that version exists already. */
  create(key: ArtifactKey, version: number, content: StoredContent): Promise<boolean>;
  describe(key: ArtifactKey, version: number): Promise<StoredVersion | undefined>;
  read(key: ArtifactKey, version: number): Promise<Uint8Array | undefined>;
  /** The same bytes as they come, never all of them in memory; a failure on the way ends the stream. */
  open(key: ArtifactKey, version: number): Promise<StoredBytes | undefined>;
  /** Names of the artifacts in a scope, in no order. */
  names(scope: ArtifactScope): Promise<string[]>;
  /** All versions. */
  remove(key: ArtifactKey): Promise<void>;
  /** Fails where the store cannot be reached. */
  probe(signal: AbortSignal): Promise<void>;
}
