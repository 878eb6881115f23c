import type { CompileContext, Extension as FromMarkdown, Token } from 'mdast-util-from-markdown';
import type { Code, Construct, Effects, Extension, State } from 'micromark-util-types';
import type { Processor } from 'unified';

declare module 'micromark-util-types' {
  interface TokenTypeMap {
    formula: 'formula';
  }
}

/** Where remark-parse looks for extensions. */
interface Extensions {
  micromarkExtensions?: Extension[];
  fromMarkdownExtensions?: FromMarkdown[];
}

const BACKSLASH = 92;
/** The end of a formula, by the character after the backslash that begins it. */
const CLOSING = new Map<Code, Code>([
  [40, 41],
  [91, 93],
]);
/** A longer one is none: so a text full of beginnings is not searched to its end for each of them. */
const MAX_CHARACTERS = 2_000;

function addFormula(this: Processor): void {
  const data = this.data() as Extensions;
  (data.micromarkExtensions ??= []).push(syntax);
  (data.fromMarkdownExtensions ??= []).push(toTree);
}

const construct: Construct = {
  name: 'formula',
  tokenize(effects, ok, nok) {
    return formula(effects, ok, nok);
  },
};
const syntax: Extension = { text: { [BACKSLASH]: construct } };

function formula(effects: Effects, ok: State, nok: State): State {
  let closing: Code | undefined;
  let characters = 0;

  return function start(code) {
    effects.enter('formula');
    effects.consume(code);
    return open;
  };

  function open(code: Code): State | undefined {
    closing = CLOSING.get(code);
    if (closing === undefined) return nok(code);
    effects.consume(code);
    return inside;
  }

  function inside(code: Code): State | undefined {
    if (code === null || ++characters > MAX_CHARACTERS) return nok(code);
    // Line ends have negative codes, and are tokens of their own.
    if (code < -2 && code > -6) {
      effects.enter('lineEnding');
      effects.consume(code);
      effects.exit('lineEnding');
      return inside;
    }
    effects.consume(code);
    return code === BACKSLASH ? afterBackslash : inside;
  }

  function afterBackslash(code: Code): State | undefined {
    if (code !== closing) return code === BACKSLASH ? (effects.consume(code), inside) : inside(code);
    effects.consume(code);
    effects.exit('formula');
    return ok;
  }
}

const toTree: FromMarkdown = {
  enter: {
    formula(this: CompileContext, token: Token) {
      const value = this.sliceSerialize(token);
      this.enter({ type: 'inlineCode', value, data: { hProperties: { className: ['formula'] } } }, token);
      this.buffer();
    },
  },
  exit: {
    formula(this: CompileContext, token: Token) {
      this.resume();
      this.exit(token);
    },
  },
};

/**
 * Formulas between \( \) or \[ \] are shown as they were written. By CommonMark the backslashes would go, and stars
 * and underscores between them would become emphasis.
 */
export const remarkFormula = addFormula;
