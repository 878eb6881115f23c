import { Mic, MicOff } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { IconButton } from '../ui/icon-button.tsx';
import { toasts } from '../ui/toasts.ts';

/** The used part of the browser's speech recognition API, which TypeScript does not know. */
interface Recognition extends EventTarget {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  start: () => void;
  stop: () => void;
}

interface RecognitionEvent extends Event {
  results?: ArrayLike<ArrayLike<{ transcript: string }>>;
  error?: string;
}

const scope = globalThis as unknown as Record<string, (new () => Recognition) | undefined>;

interface DictateButtonProps {
  text: string;
  onText: (text: string) => void;
}

/** Writes spoken text, with the browser's own recognition; renders nothing if the browser has none. */
export function DictateButton({ text, onText }: DictateButtonProps) {
  const [running, setRunning] = useState<Recognition>();
  const current = useRef<Recognition>(undefined);
  useEffect(() => () => current.current?.stop(), []);
  const Recogniser = scope['SpeechRecognition'] ?? scope['webkitSpeechRecognition'];
  if (!Recogniser) return null;

  function begin(): void {
    if (!Recogniser) return;
    const recognition = new Recogniser();
    const before = text && !/\s$/u.test(text) ? `${text} ` : text;
    recognition.lang = navigator.language;
    recognition.continuous = true;
    recognition.interimResults = true;
    recognition.addEventListener('result', ({ results = [] }: RecognitionEvent) =>
      onText(before + Array.from(results, (result) => result[0]?.transcript ?? '').join('')),
    );
    recognition.addEventListener('error', ({ error }: RecognitionEvent) => {
      if (error !== 'no-speech' && error !== 'aborted')
        toasts.inform('This browser does not let the page listen. Allow the microphone, then try again.');
    });
    recognition.addEventListener('end', () => setRunning(undefined));
    recognition.start();
    current.current = recognition;
    setRunning(recognition);
  }

  return (
    <IconButton
      label={running ? 'Stop dictating' : 'Dictate'}
      onClick={() => (running ? running.stop() : begin())}
    >
      {running ? <MicOff aria-hidden /> : <Mic aria-hidden />}
    </IconButton>
  );
}
