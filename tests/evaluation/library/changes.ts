import type { Change } from '@lornu/evaluation/compare.ts';

/** A regression of library/agent.ts: the replaced text, its replacement, and the expected class. */
export type Regression = readonly [name: string, change: Change, from: string | RegExp, to: string];

export const REGRESSIONS: readonly Regression[] = [
  [
    'a line of the instruction is lost',
    'instruction',
    'Never lend more than three books to one person.\n',
    '',
  ],
  ['a word of the instruction changes', 'instruction', 'three books', 'four books'],
  ['the instruction is empty', 'instruction', 'instruction: INSTRUCTION', "instruction: ''"],
  ["a sub-agent's instruction changes", 'instruction', 'Tell on which shelf', 'Guess on which shelf'],
  ['the instruction asks for another key of the state', 'instruction', '{closing?}', '{closes?}'],
  [
    'the description of a sub-agent changes',
    'instruction',
    'Knows where every book stands.',
    'Knows nothing.',
  ],
  [
    'the callback that adds to the instruction is dropped',
    'instruction',
    /beforeModelCallback: [\s\S]*?\n {2}\},\n/u,
    '',
  ],
  ['the callback adds something else', 'instruction', 'Today is Monday.', 'Today is Tuesday.'],
  ['a tool is renamed', 'tools declared', "name: 'lend_book'", "name: 'lend'"],
  ['a tool is gone', 'tools declared', '[search, lend, remove]', '[lend, remove]'],
  ['a tool is new', 'tools declared', '[search, lend, remove]', '[search, lend, remove, shelf]'],
  ['a description of a tool changes', 'tools declared', 'Finds books by their author.', 'Finds books.'],
  ['an argument is renamed', 'tools declared', /author/gu, 'writer'],
  ["an argument's type changes", 'argument type', 'z.number()', 'z.coerce.string()'],
  ['an argument is needed that was not', 'tools declared', 'days: z', 'branch: z.string(), days: z'],
  ['the description of an argument changes', 'tools declared', 'The family name.', 'The first name.'],
  ['a sub-agent loses its tool', 'tools declared', 'tools: [shelf]', 'tools: []'],
  ["a tool's arguments are refused now", 'result', 'z.number().describe', 'z.number().max(3).describe'],
  ['the callback that changes arguments is dropped', 'arguments', "args['days'] += 1", 'void 0'],
  ['a callback changes an argument', 'arguments', "args['days'] += 1", "args['days'] += 2"],
  [
    'a callback changes the type of an argument, which is refused',
    'result',
    "args['days'] += 1",
    "args['days'] = `${args['days'] + 1}`",
  ],
  [
    'a callback answers in the place of a tool',
    'tool',
    "context.state.set('tools_used'",
    "if (args['author']) return { titles: [] };\n    context.state.set('tools_used'",
  ],
  [
    'a tool is called twice',
    'tool',
    'beforeToolCallback: ({ args, context }) => {',
    'beforeToolCallback: async ({ tool, args, context }) => {\n    if (tool.name === "search_books") await tool.runAsync({ args, toolContext: context });',
  ],
  ['the callback after tools is dropped', 'result', /afterToolCallback: .*\n/u, ''],
  ['the callback after tools says something else', 'result', 'checks: Number', 'seen: true, checks: Number'],
  [
    'the callback before tools fails',
    'result',
    "context.state.set('tools_used'",
    "if (args['author']) throw new Error('no');\n    context.state.set('tools_used'",
  ],
  ['a key of the state is renamed', 'state', /tools_used/gu, 'used_tools'],
  ['a key of the state is no longer written', 'state', /context\.state\.set\('tools_used'.*\n/u, ''],
  ['the key of the answer is renamed', 'state', "outputKey: 'last_answer'", "outputKey: 'answer'"],
  ['the answer is no longer kept', 'state', "outputKey: 'last_answer',", ''],
  ['the callback after the model is dropped', 'answer', /afterModelCallback: [\s\S]*?\n {2}\},\n/u, ''],
  ['the callback after the model changes its words', 'answer', 'The clerk.', 'The robot.'],
  ['the callback after the model swallows the answer', 'answer', 'parts: signed', 'parts: [{ text: "" }]'],
  [
    'the model is not asked',
    'model calls',
    'const { config = {} } = request;',
    'const { config = {} } = request;\n    if (request.contents.length > 1) return { content: { role: "model", parts: [{ text: "Later." }] } };',
  ],
  [
    'the agent answers before it begins',
    'model calls',
    "outputKey: 'last_answer',",
    "outputKey: 'last_answer',\n  beforeAgentCallback: () => ({ role: 'model', parts: [{ text: 'We are closed.' }] }),",
  ],
  // A temperature is not sent to this model (backend/model/fit-settings.ts), so it would have no effect.
  ['a setting of the model changes', 'settings', 'seed: 7', 'seed: 8'],
  ['the longest answer is no longer bounded', 'settings', 'maxOutputTokens: 500, ', ''],
  [
    'the model thinks more',
    'settings',
    'maxOutputTokens: 500',
    'maxOutputTokens: 500, thinkingConfig: { thinkingLevel: "HIGH" as never }',
  ],
  [
    'the answer gets a schema',
    'settings',
    'maxOutputTokens: 500',
    'maxOutputTokens: 500, responseMimeType: "application/json"',
  ],
  ['the model is another one', 'model', /model: MODEL(?![\s\S]*model: MODEL)/u, 'model: `${MODEL}-lite`'],
  ["a sub-agent's model is another one", 'model', 'model: MODEL', 'model: `${MODEL}-lite`'],
  [
    'the history is lost',
    'history',
    'const { config = {} } = request;',
    'const { config = {} } = request;\n    request.contents = request.contents.slice(-1);',
  ],
  [
    'the history is left out',
    'history',
    "outputKey: 'last_answer',",
    "outputKey: 'last_answer',\n  includeContents: 'none',",
  ],
  ['the prompt is twice as long', 'tokens', 'Today is Monday.', '${"Today is Monday. ".repeat(200)}'],
  ['no confirmation is asked for', 'confirmation', 'requireConfirmation: true', 'requireConfirmation: false'],
  [
    'a confirmation is asked for where none was',
    'confirmation',
    "name: 'lend_book',",
    "name: 'lend_book',\n  requireConfirmation: true,",
  ],
  ['a sub-agent is gone', 'tools declared', 'subAgents: [archivist],', ''],
  ['a sub-agent is renamed', 'agent', "name: 'archivist'", "name: 'keeper'"],
  [
    'a sub-agent cannot go back',
    'tools declared',
    "name: 'archivist',",
    "name: 'archivist',\n  disallowTransferToParent: true,\n  disallowTransferToPeers: true,",
  ],
  [
    'the agent takes its time',
    'slower',
    'const { config = {} } = request;',
    'const { config = {} } = request;\n    return Bun.sleep(900).then(() => undefined);',
  ],
];

/** Changes of the source without effect; `{n}` is a number. Each is tried ten times in ten places. */
export const HARMLESS: readonly ((source: string, n: number) => string)[] = [
  // A comment before a line that begins a statement.
  (source, n) => before(source, /^(?:const|export const) /gmu, n, `// Remark ${n}.\n`),
  (source, n) => before(source, /^ {2}name: /gmu, n, `  /* ${n} */\n`),
  // A local name.
  (source, n) => source.replaceAll(/\bsearch\b(?!_)/gu, `search${n}`),
  (source, n) => source.replaceAll(/\barchivist\b(?!')/gu, `theArchivist${n}`),
  (source, n) =>
    source.replaceAll(/\bsigned\b/gu, `signedParts${n}`).replaceAll(/\bINSTRUCTION\b/gu, `TEXT_${n}`),
  // The same text in another notation.
  (source, n) =>
    source
      .replace(
        "description: 'Lends books.'",
        `description: ['Lends', 'books.'].join(' ')${n % 2 ? '' : '.trim()'}`,
      )
      .replace(/$/u, `\n// ${n}\n`),
  // The order of an object's fields.
  (source, n) => swapLines(source, n),
  // Code inside, with the same result.
  (source, n) => source.replace('maxOutputTokens: 500', `maxOutputTokens: ${n * 500} / ${n}`),
  (source, n) =>
    source.replace(
      'return { lent: title, days };',
      `const answer${n} = { lent: title, days };\n    return answer${n};`,
    ),
  (source, n) =>
    source.replace(
      "outputKey: 'last_answer',",
      `outputKey: 'last_answer',\n  beforeAgentCallback: () => {\n    void ${n};\n    return undefined;\n  },`,
    ),
];

function before(source: string, pattern: RegExp, n: number, added: string): string {
  const places = [...source.matchAll(pattern)].map(({ index }) => index);
  const at = places[n % places.length] ?? 0;
  return source.slice(0, at) + added + source.slice(at);
}

/** Swaps two neighbouring lines of fields. */
function swapLines(source: string, n: number): string {
  const lines = source.split('\n');
  const isField = (line: string | undefined): boolean =>
    /^ {2}(?:name|description|model|outputKey|instruction|generateContentConfig|subAgents|tools): ?.*,$/u.test(
      line ?? '',
    );
  const places = lines.flatMap((line, index) => (isField(line) && isField(lines[index + 1]) ? [index] : []));
  const at = places[n % places.length] ?? 0;
  [lines[at], lines[at + 1]] = [lines[at + 1] ?? '', lines[at] ?? ''];
  return lines.join('\n');
}
