import { data, Evaluator, Lexer, Parser } from '@actions/expressions';

/** The status of a job or of the steps before a step, which success() and failure() return. */
export interface Status {
  failed: boolean;
  cancelled?: boolean;
}

/** github, needs, steps, inputs, vars, secrets, env: plain JSON, as GitHub provides them to an expression. */
export type Contexts = Readonly<Record<string, unknown>>;

const STATUS_FUNCTIONS = ['always', 'success', 'failure', 'cancelled'] as const;

/** The value of one expression, without its ${{ }}; throws for syntax that GitHub would refuse. */
export function evaluate(
  expression: string,
  contexts: Contexts,
  status: Status = { failed: false },
): unknown {
  const answers = {
    always: true,
    success: !status.failed && !status.cancelled,
    failure: status.failed && !status.cancelled,
    cancelled: status.cancelled === true,
  };
  const functions = new Map(
    STATUS_FUNCTIONS.map((name) => [
      name,
      { name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(answers[name]) },
    ]),
  );
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), [...functions.values()]).parse();
  const given = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;
  const result = new Evaluator(parsed, given, functions).evaluate();
  return JSON.parse(JSON.stringify(result, data.replacer)) as unknown;
}

/** The text with each ${{ }} replaced by its value; as at GitHub, null and absent values are empty. */
export function interpolate(text: string, contexts: Contexts, status?: Status): string {
  return text.replace(/\$\{\{([\s\S]*?)\}\}/g, (_, expression: string) => {
    const value = evaluate(expression.trim(), contexts, status);
    if (value === null || value === undefined) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}

/** Whether an `if:` allows a job or step to run; without a status function it implies success(). */
export function permits(condition: string | undefined, contexts: Contexts, status: Status): boolean {
  const expression = (condition ?? '').replace(/^\s*\$\{\{([\s\S]*)\}\}\s*$/, '$1').trim();
  const asksForStatus = /\b(always|success|failure|cancelled)\s*\(/.test(expression);
  if (!asksForStatus && (status.failed || status.cancelled)) return false;
  return expression === '' ? true : Boolean(evaluate(expression, contexts, status));
}
