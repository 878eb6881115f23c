import { memo, type ComponentProps } from 'react';
import ReactMarkdown, { type Components, type ExtraProps } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { CodeBlock } from './code-block.tsx';

type PreProps = ComponentProps<'pre'> & ExtraProps;

const components: Components = {
  // Speakers are headings of the second level: what they write goes below.
  h1: 'h3',
  h2: 'h4',
  h3: 'h5',
  h4: 'h6',
  h5: 'h6',
  pre: ({ node }: PreProps) => <CodeBlock {...readCode(node)} />,
  table: ({ children }) => (
    // A region that scrolls must be reachable by keyboard.
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
  // An address that was refused (javascript: and its like) comes as empty: then there is nothing to follow.
  a: ({ href, children }) =>
    href ? (
      <a href={href} target="_blank" rel="noopener noreferrer">
        {children}
      </a>
    ) : (
      <span>{children}</span>
    ),
  // A remote picture would tell its host who reads what: the link is offered instead.
  img: ({ src, alt }) =>
    typeof src === 'string' && src ? (
      <a href={src} target="_blank" rel="noopener noreferrer">
        {alt || 'Picture'}
      </a>
    ) : (
      <span>{alt}</span>
    ),
};

/** Markdown as the agent writes it. HTML in it stays text, and only links to http, https and mail go anywhere. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return (
    <div className="markdown">
      <ReactMarkdown remarkPlugins={[remarkGfm]} components={components}>
        {text}
      </ReactMarkdown>
    </div>
  );
});

function readCode(node: PreProps['node']): { code: string; language: string } {
  const code = node?.children[0];
  if (code?.type !== 'element') return { code: '', language: 'plaintext' };
  const text = code.children.map((child) => (child.type === 'text' ? child.value : '')).join('');
  const classes = code.properties['className'];
  const named = Array.isArray(classes)
    ? classes.map(String).find((name) => name.startsWith('language-'))
    : undefined;
  return { code: text.replace(/\n$/u, ''), language: named?.slice('language-'.length) ?? 'plaintext' };
}
