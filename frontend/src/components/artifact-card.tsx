import { Download, File, FileText, Image, RefreshCw } from 'lucide-react';
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { getArtifact, type Artifact, type ArtifactFolder } from '../api/artifacts.ts';
import { asProblem, type Problem } from '../api/problem.ts';
import { toPreview } from '../chat/preview.ts';
import { IconButton } from '../ui/icon-button.tsx';
import { toSize } from '../util/format.ts';
import { download } from '../util/download.ts';
import { ArtifactPreview } from './artifact-preview.tsx';

interface ArtifactCardProps {
  /** Address of the conversation's files. */
  folder: ArtifactFolder;
  filename: string;
  version: number;
}

type Loaded = { artifact: Artifact } | { problem: Problem } | undefined;

/** A file the agent made: shown if that is safe, and always offered for download. */
export function ArtifactCard({ folder, filename, version }: ArtifactCardProps) {
  const [loaded, setLoaded] = useState<Loaded>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let current = true;
    setLoaded(undefined);
    getArtifact(folder, filename, version).then(
      (artifact) => current && setLoaded({ artifact }),
      (error: unknown) => current && setLoaded({ problem: asProblem(error) }),
    );
    return () => {
      current = false;
    };
  }, [folder, filename, version, attempt]);

  const artifact = loaded && 'artifact' in loaded ? loaded.artifact : undefined;
  return (
    <FileCard filename={filename} note={version > 0 ? `version ${version + 1}` : ''} artifact={artifact}>
      {!loaded && <div className="skeleton artifact-skeleton" />}
      {loaded && 'problem' in loaded && (
        <p className="artifact-problem">
          This file cannot be shown: {loaded.problem.message}{' '}
          <button type="button" className="button" onClick={() => setAttempt(attempt + 1)}>
            <RefreshCw aria-hidden /> Try again
          </button>
        </p>
      )}
    </FileCard>
  );
}

interface FileCardProps {
  filename: string;
  note?: string;
  /** Absent while it is loading. */
  artifact: Artifact | undefined;
  children?: ReactNode;
}

/** A file with its name and size, a preview, and a download button. */
export function FileCard({ filename, note = '', artifact, children }: FileCardProps) {
  const preview = useMemo(() => artifact && toPreview(artifact), [artifact]);
  const Icon = preview?.kind === 'image' ? Image : preview?.kind === 'none' ? File : FileText;
  return (
    <figure className="artifact" aria-label={`File ${filename}`}>
      <figcaption>
        <Icon aria-hidden />
        <span className="artifact-name">{filename}</span>
        <span className="artifact-size">
          {[note, artifact && toSize(artifact.bytes.length)].filter(Boolean).join(' · ')}
        </span>
        {artifact && (
          <IconButton label={`Download ${filename}`} onClick={() => download(filename, artifact.bytes)}>
            <Download aria-hidden />
          </IconButton>
        )}
      </figcaption>
      {children}
      {preview && <ArtifactPreview preview={preview} filename={filename} />}
    </figure>
  );
}
