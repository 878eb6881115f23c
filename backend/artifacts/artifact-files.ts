/** Identifies an artifact. `scope` is the session's id, or `user` for artifacts that all sessions of a user share. */
export interface ArtifactKey {
  appName: string;
  userId: string;
  scope: { session: string } | 'user';
  /** ADK's name, including its `user:` prefix. */
  filename: string;
}

export type ArtifactScope = Omit<ArtifactKey, 'filename'>;

export interface StoredContent {
  bytes: Uint8Array;
  contentType: string;
  /** The caller's own metadata of the artifact. */
  customMetadata: Record<string, unknown>;
  /** What is needed to restore the same Part: text or bytes, display name, or reference. */
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
 * Stores versions of artifacts. Callers choose names and version numbers; a store only keeps them apart. Every call is
 * bounded in time and throws AppError ARTIFACTS_UNAVAILABLE if the store does not answer.
 */
export interface ArtifactFiles {
  /** Ascending. */
  versions(key: ArtifactKey): Promise<number[]>;
  /** Atomic; false if that version already exists. */
  create(key: ArtifactKey, version: number, content: StoredContent): Promise<boolean>;
  describe(key: ArtifactKey, version: number): Promise<StoredVersion | undefined>;
  read(key: ArtifactKey, version: number): Promise<Uint8Array | undefined>;
  /** Streams the bytes without holding all of them in memory; a failure on the way errors the stream. */
  open(key: ArtifactKey, version: number): Promise<StoredBytes | undefined>;
  /** Names of the artifacts in a scope, in any order. */
  names(scope: ArtifactScope): Promise<string[]>;
  /** Removes all versions. */
  remove(key: ArtifactKey): Promise<void>;
  /** Throws if the store cannot be reached. */
  probe(signal: AbortSignal): Promise<void>;
}
