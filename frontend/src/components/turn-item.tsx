import { ArrowRight } from 'lucide-react';
import type { ArtifactFolder } from '../api/artifacts.ts';
import type { Confirmation, TurnItem } from '../chat/turn.ts';
import { toWords } from '../util/format.ts';
import { ArtifactCard } from './artifact-card.tsx';
import { CodeBlock } from '../markdown/code-block.tsx';
import { Markdown } from '../markdown/markdown.tsx';
import { FileLink, Media } from './media.tsx';
import { Sources } from './sources.tsx';
import { ToolCall } from './tool-call.tsx';
import { EndedEarly, TurnFailure } from './turn-failure.tsx';

interface TurnItemProps {
  item: TurnItem;
  /** Address of the conversation's files; absent before it has an id. */
  folder: ArtifactFolder | undefined;
  onConfirm: ((confirmation: Confirmation, confirmed: boolean) => void) | undefined;
  onRetry: (() => void) | undefined;
}

/** One item of a turn: text, a tool call, a file, a notice. */
export function TurnItemView({ item, folder, onConfirm, onRetry }: TurnItemProps) {
  switch (item.kind) {
    case 'text':
      return item.thought ? <Thought text={item.text} /> : <Markdown text={item.text} />;
    case 'tool':
      return <ToolCall tool={item} onConfirm={onConfirm} />;
    case 'artifact':
      return folder && <ArtifactCard folder={folder} filename={item.filename} version={item.version} />;
    case 'media':
      return <Media media={item.media} />;
    case 'file':
      return <FileLink file={item.file} folder={folder} />;
    case 'code':
      return (
        <section aria-label="Code that the model ran">
          <CodeBlock code={item.code} language={item.language} />
        </section>
      );
    case 'code-result':
      return (
        <section aria-label={item.failed ? 'The code failed' : 'Output of the code'}>
          <CodeBlock
            code={item.output || 'No output.'}
            language={item.failed ? 'output, failed' : 'output'}
          />
        </section>
      );
    case 'sources':
      return <Sources sources={item.sources} queries={item.queries} />;
    case 'handover':
      return (
        <p className="handover">
          <ArrowRight aria-hidden /> Handed over to {toWords(item.to)}
        </p>
      );
    case 'error':
      return <TurnFailure code={item.code} message={item.message} onRetry={onRetry} />;
    case 'interrupted':
      return <EndedEarly sentence="This answer was stopped before its end." onRetry={onRetry} />;
    default:
      return item satisfies never;
  }
}

function Thought({ text }: { text: string }) {
  return (
    <details className="thought">
      <summary>Thoughts</summary>
      <Markdown text={text} />
    </details>
  );
}
