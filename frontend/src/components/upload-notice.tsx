import type { UploadProgress } from '../chat/stored-files.ts';
import { toSize } from '../util/format.ts';

/** Shows the upload progress of the message's files. */
export function UploadNotice({ name, sent, all }: UploadProgress) {
  const words = `Uploading ${name}`;
  // Base64 makes the request a third larger than the file.
  const [done, whole] = [sent, all].map((bytes) => toSize((bytes * 3) / 4));
  return (
    <div className="upload">
      <span className="upload-name">{words}</span>
      <progress aria-label={words} value={sent} max={all} />
      {all > 1 && (
        <span>
          {done} of {whole}
        </span>
      )}
    </div>
  );
}
