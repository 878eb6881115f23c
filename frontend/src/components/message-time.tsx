import { useNow } from '../ui/use-now.ts';
import { toAgo, toFullTime, toShortTime } from '../util/time.ts';

/** When a message was written, and how long ago that is. */
export function MessageTime({ atSeconds }: { atSeconds: number }) {
  const nowMs = useNow();
  return (
    <time
      className="message-time"
      dateTime={new Date(atSeconds * 1_000).toISOString()}
      title={toFullTime(atSeconds)}
    >
      {[toShortTime(atSeconds, nowMs), toAgo(atSeconds, nowMs)].filter(Boolean).join(' · ')}
    </time>
  );
}
