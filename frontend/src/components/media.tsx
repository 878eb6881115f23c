import { ExternalLink, File } from 'lucide-react';
import { useMemo } from 'react';
import { nameInFolder, toArtifact, type Artifact, type ArtifactFolder } from '../api/artifacts.ts';
import type { FileData, InlineData } from '../api/types.ts';
import { toPreview } from '../chat/preview.ts';
import { ArtifactCard, FileCard } from './artifact-card.tsx';
import { Picture } from './artifact-preview.tsx';

/** A file in a message: a picture is shown, anything else is a file card. */
export function Media({ media }: { media: InlineData }) {
  const artifact = useMemo(() => toReadable(media), [media]);
  const preview = useMemo(() => artifact && toPreview(artifact), [artifact]);
  const name = media.displayName ?? nameOf(media.mimeType);
  if (!artifact) {
    return (
      <FileCard filename={name} artifact={undefined}>
        <p className="artifact-problem">This file cannot be read: it is damaged.</p>
      </FileCard>
    );
  }
  if (preview?.kind === 'image') return <Picture dataUrl={preview.dataUrl} name={name} />;
  return <FileCard filename={name} artifact={artifact} />;
}

function toReadable(media: InlineData): Artifact | undefined {
  try {
    return toArtifact({ inlineData: media });
  } catch {
    // Invalid base64.
    return undefined;
  }
}

/** `application/pdf` as "PDF file". */
function nameOf(mimeType = ''): string {
  const [family = '', kind = ''] = mimeType.split(/[/;]/u);
  if (family === 'image') return 'Picture';
  if (family === 'audio') return 'Audio';
  return kind ? `${kind.toUpperCase()} file` : 'File';
}

interface FileLinkProps {
  file: FileData;
  /** Address of the conversation's files; absent before it has an id. */
  folder: ArtifactFolder | undefined;
}

/** A file that is stored with the conversation, or an external one: a link if a browser can open it, else its address. */
export function FileLink({ file: { fileUri = '', displayName, mimeType }, folder }: FileLinkProps) {
  const stored = folder && nameInFolder(fileUri, folder);
  if (stored) return <ArtifactCard folder={folder} {...stored} name={displayName} />;
  const name = displayName ?? fileUri.split('/').at(-1) ?? 'File';
  const isWeb = /^https?:\/\//iu.test(fileUri);
  return (
    <p className="file-link" title={mimeType}>
      {isWeb ? <ExternalLink aria-hidden /> : <File aria-hidden />}
      {isWeb ? (
        <a href={fileUri} target="_blank" rel="noopener noreferrer">
          {name}
        </a>
      ) : (
        <span>
          {name} <code>{fileUri}</code>
        </span>
      )}
    </p>
  );
}
