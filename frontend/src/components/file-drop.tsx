import { Paperclip } from 'lucide-react';
import { useState, type DragEvent, type ReactNode } from 'react';

interface FileDropProps {
  onFiles: (files: File[]) => void;
  children: ReactNode;
}

/** Accepts files that are dropped anywhere on the conversation, and shows that while they are dragged over it. */
export function FileDrop({ onFiles, children }: FileDropProps) {
  const [isOver, setIsOver] = useState(false);
  const holdsFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer.types.includes('Files');
  return (
    <div
      className="file-drop"
      onDragOver={(event) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={({ currentTarget, relatedTarget }) => {
        if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setIsOver(false);
      }}
      onDrop={(event) => {
        setIsOver(false);
        if (!holdsFiles(event)) return;
        event.preventDefault();
        onFiles([...event.dataTransfer.files]);
      }}
    >
      {children}
      {isOver && (
        <p className="file-drop-hint">
          <Paperclip aria-hidden /> Drop files to send them with the message
        </p>
      )}
    </div>
  );
}
