import { Globe, Search } from 'lucide-react';
import type { Source } from '../chat/turn.ts';

/** The sources of a grounded answer, and its searches. */
export function Sources({ sources, queries }: { sources: readonly Source[]; queries: readonly string[] }) {
  return (
    <section className="sources" aria-label="Sources">
      <h3>Sources</h3>
      <ol>
        {sources.map(({ title, uri }) => (
          <li key={uri}>
            <Globe aria-hidden />
            <a href={uri} target="_blank" rel="noopener noreferrer" dir="auto">
              {title}
            </a>
          </li>
        ))}
        {queries.map((query) => (
          <li key={query}>
            <Search aria-hidden />
            <a
              href={`https://www.google.com/search?q=${encodeURIComponent(query)}`}
              target="_blank"
              rel="noopener noreferrer"
              dir="auto"
            >
              {query}
            </a>
          </li>
        ))}
      </ol>
    </section>
  );
}
