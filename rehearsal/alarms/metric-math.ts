/** Values of one period by the id of their query; undefined for a period without data. */
export type Values = Readonly<Record<string, number | undefined>>;

type Token = { kind: 'number' | 'name' | 'sign'; text: string };

const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|([A-Za-z][A-Za-z0-9_]*)|(>=|<=|==|!=|[-+*/<>(),]))/y;

/**
 * The value of an expression of CloudWatch's metric math for one period: arithmetic, comparisons (1 or 0) and IF. A
 * part without a value makes the whole undefined, unless IF does not select it; so does a division by zero. Throws for
 * unsupported syntax. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function metricMath(expression: string, values: Values): number | undefined {
  const tokens = tokensOf(expression);
  let at = 0;
  const isSign = (text: string): boolean => tokens[at]?.kind === 'sign' && tokens[at]?.text === text;
  const take = (text: string): void => {
    if (!isSign(text)) throw new Error(`${expression}: "${text}" expected at ${at}`);
    at++;
  };

  function chain(next: () => number | undefined, signs: Record<string, (a: number, b: number) => number>) {
    let left = next();
    for (;;) {
      const sign = tokens[at]?.kind === 'sign' ? signs[tokens[at]!.text] : undefined;
      if (!sign) return left;
      at++;
      const right = next();
      const value = left === undefined || right === undefined ? undefined : sign(left, right);
      left = value === undefined || !Number.isFinite(value) ? undefined : value;
    }
  }
  const compared = (): number | undefined =>
    chain(summed, {
      '>=': (a, b) => Number(a >= b),
      '<=': (a, b) => Number(a <= b),
      '==': (a, b) => Number(a === b),
      '!=': (a, b) => Number(a !== b),
      '>': (a, b) => Number(a > b),
      '<': (a, b) => Number(a < b),
    });
  const summed = (): number | undefined => chain(multiplied, { '+': (a, b) => a + b, '-': (a, b) => a - b });
  const multiplied = (): number | undefined => chain(one, { '*': (a, b) => a * b, '/': (a, b) => a / b });

  function one(): number | undefined {
    const token = tokens[at++];
    if (token?.kind === 'number') return Number(token.text);
    if (token?.text === '(') {
      const inner = compared();
      take(')');
      return inner;
    }
    if (token?.kind !== 'name') throw new Error(`${expression}: a value expected at ${at - 1}`);
    if (!isSign('(')) {
      if (!(token.text in values)) throw new Error(`${expression}: there is no ${token.text}`);
      return values[token.text];
    }
    if (token.text !== 'IF') throw new Error(`${expression}: ${token.text} is not rehearsed`);
    take('(');
    const condition = compared();
    take(',');
    const then = compared();
    take(',');
    const otherwise = compared();
    take(')');
    return condition === undefined ? undefined : condition !== 0 ? then : otherwise;
  }

  const value = compared();
  if (at < tokens.length) throw new Error(`${expression}: ${tokens[at]!.text} is too much`);
  return value;
}

function tokensOf(expression: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (expression.slice(TOKEN.lastIndex).trim() !== '') {
    const from = TOKEN.lastIndex;
    const [, number, name, sign] = TOKEN.exec(expression) ?? [];
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    else throw new Error(`${expression}: cannot be read from ${from} on`);
  }
  return tokens;
}

/** Whether a composite alarm's rule of ALARM("name") and AND holds; `isInAlarm` throws for an unknown alarm. */
export function compositeRule(rule: string, isInAlarm: (name: string) => boolean): boolean {
  return rule
    .split(' AND ')
    .map((part) => {
      const name = /^ALARM\("([^"]+)"\)$/.exec(part.trim())?.[1];
      if (name === undefined) throw new Error(`the rule ${rule} is not rehearsed`);
      return isInAlarm(name);
    })
    .every(Boolean);
}
