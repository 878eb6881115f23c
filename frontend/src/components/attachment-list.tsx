import { File, FileAudio, FileText, X } from 'lucide-react';
import { bytesOf, MAX_BYTES, type Attachment } from '../chat/attachments.ts';
import { IconButton } from '../ui/icon-button.tsx';
import { toSize } from '../util/format.ts';

interface AttachmentListProps {
  attachments: readonly Attachment[];
  onRemove: (key: string) => void;
}

/** The files of the next message, and how much of the limit they use. */
export function AttachmentList({ attachments, onRemove }: AttachmentListProps) {
  if (attachments.length === 0) return null;
  return (
    <div className="attachments">
      <ul aria-label="Files of this message">
        {attachments.map((attachment) => (
          <li key={attachment.key}>
            <Sight {...attachment} />
            <span className="attachment-name" title={attachment.name}>
              {attachment.name}
            </span>
            {attachment.bytes > 0 && <span>{toSize(attachment.bytes)}</span>}
            <IconButton label={`Remove ${attachment.name}`} onClick={() => onRemove(attachment.key)}>
              <X aria-hidden />
            </IconButton>
          </li>
        ))}
      </ul>
      <p>
        {toSize(bytesOf(attachments))} of {toSize(MAX_BYTES)}
      </p>
    </div>
  );
}

function Sight({ mimeType, part }: Attachment) {
  if (mimeType.startsWith('image/') && part.inlineData)
    return <img src={`data:${mimeType};base64,${part.inlineData.data ?? ''}`} alt="" />;
  const Icon = mimeType.startsWith('audio/') ? FileAudio : mimeType.startsWith('text/') ? FileText : File;
  return <Icon aria-hidden />;
}
