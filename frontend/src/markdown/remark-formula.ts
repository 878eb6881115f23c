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
const DOLLAR = 36;
/** The closing character of a formula, by the character after its opening backslash. */
const CLOSING = new Map<Code, Code>([
  [40, 41],
  [91, 93],
]);
/** Longest formula, so that a text full of openings is not searched to its end for each of them. */
const MAX_CHARACTERS = 2_000;

const MAX_CHARACTERS_IN_LINE = 200;
/** A sign of TeX or of arithmetic, a single letter, or a function call. */
const LIKE_A_FORMULA = /[\\^_=+<>]|^\p{L}(?:\(.*\))?$/u;

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
const dollars: Construct = {
  name: 'formula',
  tokenize(effects, ok, nok) {
    return betweenDollars(effects, ok, nok, this.previous);
  },
};
const syntax: Extension = { text: { [BACKSLASH]: construct, [DOLLAR]: dollars } };

/**
 * Between $$, or between single dollars that cannot be prices (Pandoc's rule, and a character that only formulas have):
 * only a space or a sign before it, no space inside its ends, no digit after it.
 */
function betweenDollars(effects: Effects, ok: State, nok: State, previous: Code): State {
  let isDouble = false;
  let text = '';

  return function start(code) {
    if (previous !== null && previous > 0 && /[\p{L}\p{N}$\\]/u.test(String.fromCodePoint(previous)))
      return nok(code);
    effects.enter('formula');
    effects.consume(code);
    return second;
  };

  function second(code: Code): State | undefined {
    if (code !== DOLLAR) return inside(code);
    isDouble = true;
    effects.consume(code);
    return inside;
  }

  function inside(code: Code): State | undefined {
    const longest = isDouble ? MAX_CHARACTERS : MAX_CHARACTERS_IN_LINE;
    if (code === null || text.length > longest) return nok(code);
    if (code < -2 && code > -6) {
      if (!isDouble) return nok(code);
      text += ' ';
      effects.enter('lineEnding');
      effects.consume(code);
      effects.exit('lineEnding');
      return inside;
    }
    if (code === DOLLAR && !text.endsWith('\\')) {
      effects.consume(code);
      return isDouble ? lastOfTwo : behind;
    }
    text += code > 0 ? String.fromCodePoint(code) : ' ';
    effects.consume(code);
    return inside;
  }

  function lastOfTwo(code: Code): State | undefined {
    if (code !== DOLLAR || text.trim() === '') return nok(code);
    effects.consume(code);
    effects.exit('formula');
    return ok;
  }

  function behind(code: Code): State | undefined {
    const isDigit = code !== null && code >= 48 && code <= 57;
    if (isDigit || text.trim() !== text || !LIKE_A_FORMULA.test(text)) return nok(code);
    effects.exit('formula');
    return ok(code);
  }
}

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
    // Line ends have negative codes, and are separate tokens.
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
 * Formulas between \( \), \[ \], $$ or $. By CommonMark the backslashes would be removed, and stars and underscores
 * between them would become emphasis.
 */
export const remarkFormula = addFormula;
