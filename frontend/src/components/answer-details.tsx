import { useEffect, useMemo, useState } from 'react';
import type { AdkEvent } from '../api/types.ts';
import type { AnswerTimes } from '../chat/answer-times.ts';
import { toFacts } from '../chat/turn-facts.ts';
import { Dialog } from '../ui/dialog.tsx';
import { toDollars, toSeconds } from '../util/format.ts';

interface AnswerDetailsProps {
  events: readonly AdkEvent[];
  /** Absent for an answer that this page only loaded. */
  times: AnswerTimes | undefined;
  /** US dollars; absent where the conversation is another person's. */
  loadCost: (() => Promise<number | undefined>) | undefined;
  onClose: () => void;
}

/** Details of an answer: model, tokens, time, and how the time was spent. */
export function AnswerDetails({ events, times, loadCost, onClose }: AnswerDetailsProps) {
  const { models, tokens, steps, seconds } = useMemo(() => toFacts(events), [events]);
  const [cost, setCost] = useState<number>();
  useEffect(() => {
    // Without an answer the other details are still shown.
    loadCost?.().then(setCost, () => undefined);
  }, [loadCost]);
  const counted = tokens.prompt + tokens.answer + tokens.thoughts > 0;
  return (
    <Dialog label="Details of this answer" className="details-dialog" onClose={onClose}>
      <h2>Details of this answer</h2>
      <dl className="facts">
        <Fact name="Model" value={models.join(', ') || 'not known'} isWide />
        {times && <Fact name="First word after" value={toSeconds(times.firstWord)} />}
        <Fact name="Took" value={toSeconds(times?.whole ?? seconds)} />
        {counted && (
          <>
            <Fact
              name="Tokens read"
              value={`${tokens.prompt}${tokens.cached > 0 ? `, ${tokens.cached} of them cached` : ''}`}
            />
            {tokens.thoughts > 0 && <Fact name="Tokens of thoughts" value={String(tokens.thoughts)} />}
            <Fact name="Tokens written" value={String(tokens.answer)} />
          </>
        )}
        {cost !== undefined && <Fact name="Cost" value={toDollars(cost)} />}
      </dl>
      {steps.length > 0 && (
        <ol className="timeline" aria-label="Where the time went">
          {steps.map(({ name, kind, from, to }, index) => (
            <li key={index} className={`timeline-${kind}`}>
              <span>{name}</span>
              <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden>
                <rect
                  x={(from / Math.max(seconds, 0.001)) * 99}
                  width={Math.max(1, ((to - from) / Math.max(seconds, 0.001)) * 99)}
                  height="8"
                  rx="2"
                />
              </svg>
              <span>{toSeconds(to - from)}</span>
            </li>
          ))}
        </ol>
      )}
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

function Fact({ name, value, isWide = false }: { name: string; value: string; isWide?: boolean }) {
  return (
    <div className={isWide ? 'fact-wide' : undefined}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
