import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { copyText } from '../util/clipboard.ts';
import { IconButton } from './icon-button.tsx';
import { toasts } from './toasts.ts';

interface CopyButtonProps {
  label: string;
  /** What is copied, or a function that copies it and is false if the browser refuses. */
  copy: string | (() => Promise<boolean>);
}

/** Copies, and shows that for a moment. */
export function CopyButton({ label, copy }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);

  async function run(): Promise<void> {
    if (await (typeof copy === 'string' ? copyText(copy) : copy())) setCopied(true);
    else toasts.inform('This browser does not allow copying here. Select the text and copy it by hand.');
  }

  return (
    <IconButton label={copied ? 'Copied' : label} onClick={() => void run()}>
      {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
    </IconButton>
  );
}
