import { useState } from 'react';
import type { Preview } from '../chat/preview.ts';
import { Dialog } from '../ui/dialog.tsx';
import { ScrollTable } from '../ui/scroll-table.tsx';
import { CodeBlock } from '../markdown/code-block.tsx';
import { Markdown } from '../markdown/markdown.tsx';

/** A preview of a file that cannot run anything. */
export function ArtifactPreview({ preview, filename }: { preview: Preview; filename: string }) {
  switch (preview.kind) {
    case 'image':
      return <Picture dataUrl={preview.dataUrl} name={filename} />;
    case 'audio':
      return (
        <audio className="audio" controls preload="metadata" src={preview.dataUrl} aria-label={filename} />
      );
    case 'table':
      return <ScrollTable name={filename} head={preview.rows[0] ?? []} rows={preview.rows.slice(1)} isTall />;
    case 'markdown':
      return <Markdown text={preview.text} />;
    case 'text':
      return (
        <>
          {preview.language === 'xml' && (
            <p className="artifact-note">Shown as source: pages that an agent made never run here.</p>
          )}
          <CodeBlock code={preview.text} language={preview.language} />
          {preview.cut && (
            <p className="artifact-note">Only the beginning is shown. Download the file for the rest.</p>
          )}
        </>
      );
    case 'none':
      return null;
    default:
      return preview satisfies never;
  }
}

/** A picture that opens at full size when it is pressed. */
export function Picture({ dataUrl, name }: { dataUrl: string; name: string }) {
  const [large, setLarge] = useState(false);
  return (
    <>
      <button type="button" className="picture" aria-label={`Enlarge ${name}`} onClick={() => setLarge(true)}>
        <img src={dataUrl} alt={name} />
      </button>
      {large && (
        <Dialog label={name} className="dialog-picture" onClose={() => setLarge(false)}>
          <img src={dataUrl} alt={name} />
        </Dialog>
      )}
    </>
  );
}
