import { parseSync, type Program } from 'oxc-parser';

/** One check removed from one file. */
export interface Mutant {
  file: string;
  line: number;
  /** The change, described for a person. */
  what: string;
  start: number;
  end: number;
  replacement: string;
}

/** The fields of an ESTree node that are read here. */
interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

/** Library options that are checks themselves: removing one switches it off. */
const CHECKING_OPTIONS = new Set([
  'algorithms',
  'audience',
  'authorizationToken',
  'ca',
  'clockTolerance',
  'contentEncryptionAlgorithms',
  'currentDate',
  'execute',
  'expectedNonce',
  'expectedState',
  'idTokenExpected',
  'issuer',
  'keyManagementAlgorithms',
  'pkceCodeVerifier',
  'redirect',
  'rejectUnauthorized',
  'requestCert',
  'requiredClaims',
  'signal',
]);

/**
 * Every way to remove one check from a source file: a guard that never fires, one operand of a condition, one option of
 * a library, one entry of a list, one call that is only made for its effect.
 */
export function findMutants(file: string, source: string): Mutant[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed`);
  const mutants: Mutant[] = [];
  const text = ({ start, end }: Node) => source.slice(start, end).replace(/\s+/g, ' ').slice(0, 90);
  const add = (node: Node, replacement: string, what: string) =>
    mutants.push({
      file,
      line: source.slice(0, node.start).split('\n').length,
      what,
      start: node.start,
      end: node.end,
      replacement,
    });

  visit(program as Program & Node, (node, parent) => {
    if (node.type === 'IfStatement') {
      const test = node['test'] as Node;
      if (leaves(node['consequent'] as Node)) add(test, 'false', `never: if (${text(test)})`);
    }
    if (node.type === 'LogicalExpression' && node['operator'] !== '??') {
      const { left, right } = node as unknown as { left: Node; right: Node };
      add(node, source.slice(left.start, left.end), `without: ${text(right)}`);
      add(node, source.slice(right.start, right.end), `without: ${text(left)}`);
    }
    if (node.type === 'Property' && CHECKING_OPTIONS.has(nameOf(node['key']))) {
      add(node, '', `without the option: ${text(node)}`);
    }
    if (node.type === 'Literal' && typeof node['value'] === 'string' && parent?.type === 'ArrayExpression') {
      add(node, "'\\u0000'", `without the entry: ${text(node)}`);
    }
    if (node.type === 'ExpressionStatement') {
      const expression = node['expression'] as Node;
      const isCall = expression.type === 'CallExpression' || expression.type === 'ChainExpression';
      if (isCall && !text(expression).startsWith('super('))
        add(node, ';', `without the call: ${text(expression)}`);
    }
  });
  return mutants;
}

/** The source without the check; a removed option takes its comma along. */
export function applyMutant(source: string, { start, end, replacement }: Mutant): string {
  const rest = source.slice(end);
  return source.slice(0, start) + replacement + (replacement === '' ? rest.replace(/^\s*,/, '') : rest);
}

function visit(node: Node, look: (node: Node, parent: Node | undefined) => void, parent?: Node): void {
  look(node, parent);
  for (const [key, value] of Object.entries(node)) {
    if (key.startsWith('type') && key !== 'type') continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) visit(child, look, node);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

/** Whether a branch refuses or returns, so that the code after it is not reached. */
function leaves(branch: Node): boolean {
  const last = branch.type === 'BlockStatement' ? (branch['body'] as Node[]).at(-1) : branch;
  return /^(Throw|Return|Continue|Break)Statement$/.test(last?.type ?? '');
}

function nameOf(key: unknown): string {
  return isNode(key) && typeof key['name'] === 'string' ? key['name'] : '';
}
