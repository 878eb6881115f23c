import { Paperclip } from 'lucide-react';
import { useRef } from 'react';
import { LIMITS } from '../chat/attachments.ts';
import { IconButton } from '../ui/icon-button.tsx';

/** Opens the browser's file dialog; the allowed files are described on hover and to screen readers. */
export function AttachButton({ onFiles }: { onFiles: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton
        label="Attach files"
        title={LIMITS}
        aria-description={LIMITS}
        onClick={() => input.current?.click()}
      >
        <Paperclip aria-hidden />
      </IconButton>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files"
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])]);
          // Allows the same file to be chosen again.
          target.value = '';
        }}
      />
    </>
  );
}
