import { useState } from 'react';
import type { Preview } from '../chat/preview.ts';
import { Dialog } from '../ui/dialog.tsx';
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
      return <Table rows={preview.rows} name={filename} />;
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

function Table({ rows: [head, ...body], name }: { rows: string[][]; name: string }) {
  return (
    <div className="markdown">
      {/* A region that scrolls must be reachable by keyboard. */}
      <div className="table-scroll table-tall" tabIndex={0} role="region" aria-label={name}>
        <table>
          <thead>
            <tr>
              {head?.map((cell, column) => (
                <th key={column}>{cell}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {body.map((row, index) => (
              <tr key={index}>
                {row.map((cell, column) => (
                  <td key={column}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
