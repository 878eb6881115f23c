import { useEffect, useState } from 'react';

const SLOW_AFTER_S = 4;
const VERY_SLOW_AFTER_S = 20;

/** Stands where the answer will come, and says so when it takes long. */
export function Waiting() {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const startedMs = Date.now();
    const timer = setInterval(() => setSeconds(Math.floor((Date.now() - startedMs) / 1_000)), 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <p className="waiting">
      <span className="waiting-dots" aria-hidden>
        <i />
        <i />
        <i />
      </span>
      {seconds >= VERY_SLOW_AFTER_S
        ? `Still no answer after ${seconds} s. You can go on waiting, or stop.`
        : seconds >= SLOW_AFTER_S
          ? `Working on it, ${seconds} s`
          : 'Working on it'}
    </p>
  );
}
