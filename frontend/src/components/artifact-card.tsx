import { Download, File, FileText, Image, RefreshCw } from 'lucide-react';
import { useEffect, useMemo, useRef, useState, type ReactNode, type Ref } from 'react';
import { getArtifact, type Artifact, type ArtifactFolder } from '../api/artifacts.ts';
import { asProblem, type Problem } from '../api/problem.ts';
import { toPreview } from '../chat/preview.ts';
import { IconButton } from '../ui/icon-button.tsx';
import { useIsNear } from '../ui/use-is-near.ts';
import { toSize } from '../util/format.ts';
import { download } from '../util/download.ts';
import { ArtifactPreview, Picture } from './artifact-preview.tsx';

interface ArtifactCardProps {
  /** Address of the conversation's files. */
  folder: ArtifactFolder;
  filename: string;
  version: number;
  /** The original name of an attached file. Its artifact may have a different name. */
  name?: string | undefined;
}

type Loaded = { artifact: Artifact } | { problem: Problem } | undefined;

/**
 * A file of the conversation, loaded when it comes near the screen: shown if that is safe, and always offered for
 * download.
 */
export function ArtifactCard({ folder, filename, version, name }: ArtifactCardProps) {
  const [loaded, setLoaded] = useState<Loaded>();
  const [attempt, setAttempt] = useState(0);
  const frame = useRef<HTMLElement>(null);
  const isNear = useIsNear(frame);
  useEffect(() => {
    if (!isNear) return undefined;
    let current = true;
    setLoaded(undefined);
    getArtifact(folder, filename, version).then(
      (artifact) => current && setLoaded({ artifact }),
      (error: unknown) => current && setLoaded({ problem: asProblem(error) }),
    );
    return () => {
      current = false;
    };
  }, [folder, filename, version, attempt, isNear]);

  const artifact = loaded && 'artifact' in loaded ? loaded.artifact : undefined;
  const preview = useMemo(() => artifact && toPreview(artifact), [artifact]);
  // Shown as before the file was stored.
  if (name !== undefined && preview?.kind === 'image')
    return <Picture dataUrl={preview.dataUrl} name={name} />;
  const note = version > 0 && name === undefined ? `version ${version + 1}` : '';
  return (
    <FileCard filename={name ?? filename} note={note} artifact={artifact} frame={frame}>
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
  frame?: Ref<HTMLElement>;
  children?: ReactNode;
}

/** A file with its name and size, a preview, and a download button. */
export function FileCard({ filename, note = '', artifact, frame, children }: FileCardProps) {
  const preview = useMemo(() => artifact && toPreview(artifact), [artifact]);
  const Icon = preview?.kind === 'image' ? Image : preview?.kind === 'none' ? File : FileText;
  return (
    <figure className="artifact" aria-label={`File ${filename}`} ref={frame}>
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
