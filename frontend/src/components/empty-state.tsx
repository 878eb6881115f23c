import icon from '../icon.svg' with { type: 'file' };
import type { AppSummary } from '../api/types.ts';
import { iconOf, suggestionsOf, titleOf } from '../chat/agent-face.ts';

/** The first screen: the agent, and a few suggestions. */
export function EmptyState({ app, onPick }: { app: AppSummary; onPick: (text: string) => void }) {
  return (
    <div className="empty">
      <img src={iconOf(app) ?? icon} alt="" className="empty-mark" />
      <h2>What shall we look at?</h2>
      <p>{app.description || `${titleOf(app)} answers here.`}</p>
      <ul className="suggestions" aria-label="Suggestions">
        {suggestionsOf(app).map(({ title, message }) => (
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
