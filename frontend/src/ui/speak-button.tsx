import { Volume2, VolumeX } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from './icon-button.tsx';

/**
 * Reads aloud with the browser's own voice, block by block; renders nothing if the browser has none. `read` returns the
 * blocks.
 */
export function SpeakButton({ read }: { read: () => string[] }) {
  const [isSpeaking, setIsSpeaking] = useState(false);
  // Otherwise it would keep speaking after the button is gone.
  useEffect(() => () => speechSynthesis?.cancel(), []);
  if (!('speechSynthesis' in globalThis)) return null;

  function speak(): void {
    speechSynthesis.cancel();
    if (isSpeaking) {
      setIsSpeaking(false);
      return;
    }
    const blocks = read().map((text) => new SpeechSynthesisUtterance(text));
    const last = blocks.at(-1);
    if (!last) return;
    for (const event of ['end', 'error'] as const) last.addEventListener(event, () => setIsSpeaking(false));
    for (const block of blocks) speechSynthesis.speak(block);
    setIsSpeaking(true);
  }

  return (
    <IconButton label={isSpeaking ? 'Stop reading' : 'Read aloud'} onClick={speak}>
      {isSpeaking ? <VolumeX aria-hidden /> : <Volume2 aria-hidden />}
    </IconButton>
  );
}
