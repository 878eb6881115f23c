import { useEffect, useState } from 'react';
import type { Phase } from '../chat/conversation-state.ts';

const SLOW_AFTER_S = 4;
const VERY_SLOW_AFTER_S = 20;

interface WaitingProps {
  phase: Phase;
}

/** Shown where the answer will appear; says when it takes long or the connection is lost. */
export function Waiting({ phase }: WaitingProps) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const startedMs = Date.now();
    setSeconds(0);
    const timer = setInterval(() => setSeconds(Math.floor((Date.now() - startedMs) / 1_000)), 1_000);
    return () => clearInterval(timer);
  }, [phase]);
  return (
    <p className={`waiting waiting-${phase}`}>
      <span className="waiting-dots" aria-hidden>
        <i />
        <i />
        <i />
      </span>
      {toWords(phase, seconds)}
    </p>
  );
}

function toWords(phase: Phase, seconds: number): string {
  if (phase === 'lost')
    return 'The connection is lost. The answer goes on, and is fetched as soon as it is back.';
  if (phase === 'stopping') return 'Stopping';
  if (seconds >= VERY_SLOW_AFTER_S)
    return `Still no answer after ${seconds} s. You can go on waiting, or stop.`;
  return seconds >= SLOW_AFTER_S ? `Working on it, ${seconds} s` : 'Working on it';
}
