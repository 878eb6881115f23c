import { Check, X } from 'lucide-react';
import type { Confirmation, ToolItem } from '../chat/turn.ts';
import { toWords } from '../util/format.ts';

interface ConfirmationCardProps {
  tool: ToolItem;
  confirmation: Confirmation;
  onConfirm?: ((confirmation: Confirmation, confirmed: boolean) => void) | undefined;
}

/** Asks before a tool acts, and shows its arguments: nothing happens until one of the buttons is pressed. */
export function ConfirmationCard({ tool, confirmation, onConfirm }: ConfirmationCardProps) {
  const args = Object.entries(tool.args);
  return (
    <section className="confirmation" aria-label={`Confirm: ${toWords(tool.name)}`}>
      <p className="confirmation-title">
        {toWords(tool.name)}? <span>{toHint(confirmation.hint)}</span>
      </p>
      {args.length > 0 && (
        <dl>
          {args.map(([name, value]) => (
            <div key={name}>
              <dt>{toWords(name)}</dt>
              <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
            </div>
          ))}
        </dl>
      )}
      <div className="confirmation-actions">
        <button
          type="button"
          className="button button-primary"
          disabled={!onConfirm}
          onClick={() => onConfirm?.(confirmation, true)}
        >
          <Check aria-hidden /> Approve
        </button>
        <button
          type="button"
          className="button"
          disabled={!onConfirm}
          onClick={() => onConfirm?.(confirmation, false)}
        >
          <X aria-hidden /> Decline
        </button>
      </div>
    </section>
  );
}

/** ADK's own hint tells a program how to answer; a person has the buttons for that. */
function toHint(hint: string): string {
  return !hint || /FunctionResponse|ToolConfirmation/u.test(hint)
    ? 'The agent asks before it does this.'
    : hint;
}
