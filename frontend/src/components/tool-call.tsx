import { Ban, Check, ChevronRight, CircleHelp, LoaderCircle, TriangleAlert } from 'lucide-react';
import type { Confirmation, ToolItem, ToolState } from '../chat/turn.ts';
import { toWords } from '../util/format.ts';
import { unwrapped } from '../chat/readable.ts';
import { ConfirmationCard } from './confirmation-card.tsx';
import { ReadableValue } from './readable-value.tsx';

const STATES: Record<ToolState, { words: string; icon: typeof Check }> = {
  running: { words: 'running', icon: LoaderCircle },
  waiting: { words: 'needs your answer', icon: CircleHelp },
  done: { words: 'done', icon: Check },
  failed: { words: 'failed', icon: TriangleAlert },
  declined: { words: 'declined', icon: Ban },
};

interface ToolCallProps {
  tool: ToolItem;
  /** Absent while another answer is running: then nothing can be confirmed. */
  onConfirm?: ((confirmation: Confirmation, confirmed: boolean) => void) | undefined;
}

/** One tool call: a line that expands to its arguments and result. */
export function ToolCall({ tool, onConfirm }: ToolCallProps) {
  const { words, icon: Icon } = STATES[tool.state];
  return (
    <div className={`tool tool-${tool.state}`}>
      <details>
        <summary>
          <Icon aria-hidden className="tool-icon" />
          <span className="tool-name">{toWords(tool.name)}</span>
          <span className="tool-state">{words}</span>
          <ChevronRight aria-hidden className="tool-chevron" />
        </summary>
        <div className="tool-details">
          {Object.keys(tool.args).length === 0 ? (
            <p>Called without arguments.</p>
          ) : (
            <ReadableValue title="Arguments" value={tool.args} raw={tool.args} />
          )}
          {tool.response && (
            <ReadableValue title="Result" value={unwrapped(tool.response)} raw={tool.response} />
          )}
        </div>
      </details>
      {tool.state === 'waiting' && tool.confirmation && (
        <ConfirmationCard tool={tool} confirmation={tool.confirmation} onConfirm={onConfirm} />
      )}
    </div>
  );
}
