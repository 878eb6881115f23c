import { memo, useId, useMemo, type ComponentProps, type MouseEvent } from 'react';
import ReactMarkdown, { type Components, type ExtraProps, type Options } from 'react-markdown';
import remarkCjkFriendly from 'remark-cjk-friendly';
import remarkCjkFriendlyStrikethrough from 'remark-cjk-friendly-gfm-strikethrough';
import remarkGfm from 'remark-gfm';
import { Fold } from '../ui/fold.tsx';
import { TableFrame } from '../ui/table-frame.tsx';
import { CodeBlock } from './code-block.tsx';
import { Formula } from './formula.tsx';
import { nestFences } from './nest-fences.ts';
import { rehypeDirection } from './rehype-direction.ts';
import { remarkFormula } from './remark-formula.ts';

type PreProps = ComponentProps<'pre'> & ExtraProps;
type CodeProps = ComponentProps<'code'> & ExtraProps;
type TableProps = ComponentProps<'table'> & ExtraProps;
type AnchorProps = ComponentProps<'a'> & ExtraProps;

/** Rows of a table that are shown at first. */
const LONGEST_TABLE = 20;

function rowsOf(node: TableProps['node']): number {
  const bodies =
    node?.children.filter((child) => child.type === 'element' && child.tagName === 'tbody') ?? [];
  return bodies
    .flatMap((body) => ('children' in body ? body.children : []))
    .filter((child) => child.type === 'element').length;
}

const components: Components = {
  // Speakers are headings of the second level, so their own headings are below.
  h1: 'h3',
  h2: 'h4',
  h3: 'h5',
  h4: 'h6',
  h5: 'h6',
  pre: ({ node }: PreProps) => <CodeBlock {...readCode(node)} />,
  code: ({ className, children, node: _node, ...rest }: CodeProps) =>
    className === 'formula' && typeof children === 'string' ? (
      <Formula source={children} />
    ) : (
      <code className={className} {...rest}>
        {children}
      </code>
    ),
  table: ({ children, dir, node }: TableProps) => (
    <Fold size={`${rowsOf(node)} rows`} isLong={rowsOf(node) > LONGEST_TABLE}>
      <TableFrame name="Table">
        <table dir={dir}>{children}</table>
      </TableFrame>
    </Fold>
  ),
  // A refused address (such as javascript:) becomes empty: there is nothing to open.
  a: ({ href, children, node: _node, ...rest }: AnchorProps) => {
    if (!href) return <span>{children}</span>;
    // A footnote and its back link: the page uses the address's fragment for its own route.
    if (href.startsWith('#')) {
      return (
        <a {...rest} href={href} onClick={(event) => showTarget(event, href.slice(1))}>
          {children}
        </a>
      );
    }
    return (
      <a href={href} target="_blank" rel="noopener noreferrer">
        {children}
      </a>
    );
  },
  // A remote picture would tell its host who reads what, so only a link is shown.
  img: ({ src, alt }) =>
    typeof src === 'string' && src ? (
      <a href={src} target="_blank" rel="noopener noreferrer">
        {alt || 'Picture'}
      </a>
    ) : (
      <span>{alt}</span>
    ),
};

const remarkPlugins: Options['remarkPlugins'] = [
  // "10~12" is a range: only two tildes strike out.
  [remarkGfm, { singleTilde: false }],
  // For bold text that ends beside a Chinese, Japanese or Korean letter.
  remarkCjkFriendly,
  [remarkCjkFriendlyStrikethrough, { singleTilde: false }],
  remarkFormula,
];
const rehypePlugins: Options['rehypePlugins'] = [rehypeDirection];

/** Renders an agent's Markdown. HTML in it stays text, and only links to http, https and mail work. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  const id = useId();
  const remarkRehypeOptions = useMemo(
    // Footnotes of two answers can have the same names, so each answer gets its own ids.
    () => ({
      clobberPrefix: `${id}-`,
      footnoteLabelProperties: { className: ['visually-hidden'] },
      // Becomes h3, like every heading of the first level.
      footnoteLabelTagName: 'h1',
    }),
    [id],
  );
  return (
    <div className="markdown">
      <ReactMarkdown
        remarkPlugins={remarkPlugins}
        remarkRehypeOptions={remarkRehypeOptions}
        rehypePlugins={rehypePlugins}
        components={components}
      >
        {nestFences(text)}
      </ReactMarkdown>
    </div>
  );
});

function showTarget(event: MouseEvent<HTMLAnchorElement>, id: string): void {
  event.preventDefault();
  const target = document.getElementById(decodeURIComponent(id));
  target?.scrollIntoView({ block: 'center' });
  // A list item takes no focus by itself.
  if (target && !target.matches('a')) target.tabIndex = -1;
  target?.focus({ preventScroll: true });
}

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
