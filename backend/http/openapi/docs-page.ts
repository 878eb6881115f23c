import { ERROR_TABLE } from '../../errors/error-table.ts';
import type { Route } from '../route.ts';

/**
 * The API reference as one HTML document without scripts or external files: it works offline, and its content policy
 * allows only its own style element.
 */
export function docsPage(routes: readonly Route[]): { html: string; headers: Record<string, string> } {
  const byTag = Map.groupBy(routes, (route) => route.tag);
  const sections = [...byTag].map(([tag, group]) => `<h2>${text(tag)}</h2>${group.map(routeHtml).join('')}`);
  const rows = Object.entries(ERROR_TABLE).map(
    ([code, { status, sentence, next }]) =>
      `<tr><td><code>${code}</code></td><td>${status}</td><td>${text(sentence)}</td><td>${text(next)}</td></tr>`,
  );
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lornu: reference of the service</title><style>${STYLE}</style></head><body><main>
<h1>Reference of the service</h1>
<p>The routes that this process serves. The same for programs: <a href="/openapi.json">openapi.json</a>.
Keys of request bodies may be written in camelCase or snake_case. A refused request is answered with
<code>{"detail": …}</code>; the header <code>x-error-code</code> names a row of the <a href="#errors">table of errors</a>.</p>
${sections.join('\n')}
<h2 id="errors">Errors</h2>
<table><thead><tr><th>Code</th><th>Status</th><th>Sentence</th><th>What to do</th></tr></thead><tbody>${rows.join('')}</tbody></table>
</main></body></html>`;
  const hash = new Bun.CryptoHasher('sha256').update(STYLE).digest('base64');
  return {
    html,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'referrer-policy': 'no-referrer',
    },
  };
}

function routeHtml({ method, path, summary, deprecated, errors }: Route): string {
  const shown = path.replace(/:(\w+)(?:\{[^}]*\})?/g, '{$1}');
  const codes = errors.map((code) => `<a href="#errors">${code}</a>`).join(', ');
  return `<section><h3><b>${method.toUpperCase()}</b> <code>${text(shown)}</code>${deprecated ? ' (deprecated)' : ''}</h3>
<p>${text(summary)}</p>${codes ? `<p class="errors">${codes}</p>` : ''}</section>`;
}

function text(plain: string): string {
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0}
main{max-width:60rem;margin:0 auto;padding:1rem}code{font-family:ui-monospace,monospace;overflow-wrap:anywhere}
section{border-top:1px solid #8884;padding:.25rem 0}h3{font-size:1rem;font-weight:400;margin:.5rem 0 0}
p{margin:.25rem 0}.errors{font-size:.8rem}table{border-collapse:collapse;font-size:.9rem}
td,th{text-align:left;vertical-align:top;padding:.25rem .5rem;border-top:1px solid #8884}`;
