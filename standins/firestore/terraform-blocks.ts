/** A block of a Terraform file: `resource "type" "name" { … }`. */
export interface TerraformBlock {
  type: string;
  labels: string[];
  /** Source text of expressions, by argument. */
  expressions: Map<string, string>;
  blocks: TerraformBlock[];
}

/** The value of a literal expression; any other expression throws. */
export type Literal = string | Literal[] | { [key: string]: Literal };

const OPENING = /^([a-z_]+)((?:\s+"[^"]*")*)\s*\{(\})?$/;
const ARGUMENT = /^([a-z_]+)\s*=\s*(.*)$/;

/** Parses the blocks of a file formatted by `terraform fmt`. Throws for a line that it does not understand. */
export function readTerraformBlocks(text: string): TerraformBlock[] {
  const root: TerraformBlock = { type: '', labels: [], expressions: new Map(), blocks: [] };
  const open = [root];
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const line = withoutComment(lines[index] ?? '');
    const current = open.at(-1)!;
    const opened = OPENING.exec(line);
    const argument = ARGUMENT.exec(line);
    if (line === '') continue;
    else if (line === '}' && open.length > 1) open.pop();
    else if (opened) {
      const labels = [...(opened[2] ?? '').matchAll(/"([^"]*)"/g)].map(([, label = '']) => label);
      const block = { type: opened[1]!, labels, expressions: new Map<string, string>(), blocks: [] };
      current.blocks.push(block);
      if (!opened[3]) open.push(block);
    } else if (argument) {
      let expression = argument[2]!;
      while (depthOf(expression) > 0 && index + 1 < lines.length)
        expression += `\n${withoutComment(lines[++index] ?? '')}`;
      current.expressions.set(argument[1]!, expression);
    } else throw new Error(`Line ${index + 1} is not understood: ${line}`);
  }
  return root.blocks;
}

/** Evaluates strings, lists, objects, toset(), and the names in `scope` (such as each.key). */
export function readLiteral(expression: string, scope: Readonly<Record<string, Literal>> = {}): Literal {
  const tokens = expression.match(/"[^"]*"|[A-Za-z_][\w.-]*|[[\]{}()=:,]/g) ?? [];
  let at = 0;
  const read = (): Literal => {
    const token = tokens[at++] ?? '';
    if (token.startsWith('"')) return token.slice(1, -1);
    if (token === '[') return readList(']');
    if (token === '{') return readObject();
    if (token === 'toset' && tokens[at++] === '(') return readList(')').flat();
    const [first = '', ...path] = token.split(/(?<=^each\.(?:key|value))\./);
    const found = path.reduce<Literal | undefined>(
      (value, key) => (typeof value === 'object' && !Array.isArray(value) ? value[key] : undefined),
      scope[first],
    );
    if (found === undefined) throw new Error(`The expression is not understood: ${expression}`);
    return found;
  };
  const readList = (end: string): Literal[] => {
    const list: Literal[] = [];
    for (; tokens[at] !== end; at += tokens[at] === ',' ? 1 : 0) list.push(read());
    at++;
    return list;
  };
  const readObject = (): Literal => {
    const object: Record<string, Literal> = {};
    while (tokens[at] !== '}') {
      if (at >= tokens.length) throw new Error(`The expression is not understood: ${expression}`);
      const key = (tokens[at] ?? '').replaceAll('"', '');
      at += 2;
      object[key] = read();
      if (tokens[at] === ',') at++;
    }
    at++;
    return object;
  };
  return read();
}

const withoutComment = (line: string): string => line.replace(/(^|\s)(#|\/\/).*$/, '').trim();

function depthOf(expression: string): number {
  const bare = expression.replaceAll(/"[^"]*"/g, '');
  return (bare.match(/[[{(]/g) ?? []).length - (bare.match(/[\]})]/g) ?? []).length;
}
