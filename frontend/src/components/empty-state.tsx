import icon from '../icon.svg' with { type: 'file' };
import type { AppSummary } from '../api/types.ts';
import { toWords } from '../util/format.ts';
import { toSuggestions } from '../chat/suggestions.ts';

/** The first thing a person sees: who answers here, and a few ways to begin. */
export function EmptyState({ app, onPick }: { app: AppSummary; onPick: (text: string) => void }) {
  return (
    <div className="empty">
      <img src={icon} alt="" className="empty-mark" />
      <h2>What shall we look at?</h2>
      <p>{app.description || `${toWords(app.name)} answers here.`}</p>
      <ul className="suggestions" aria-label="Suggestions">
        {toSuggestions(app.name).map(({ title, message }) => (
          <li key={title}>
            <button type="button" onClick={() => onPick(message)}>
              <strong>{title}</strong>
              <span>{message}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
