import type { Conversation, FunctionDeclaration } from './request.ts';
import type { FinishReason, Mishap, NoAnswer, Script } from './script.ts';
import { count, MARKDOWN_SAMPLE, prose } from './texts.ts';
import { fillArguments, readCalls } from './tool-calls.ts';

/** One rule of the stand-in: if a person's last text matches, the answer is this script. */
export interface Rule {
  /** A message that triggers it, word for word: printed by --help and used by the tests. */
  example: string;
  when: RegExp;
  /** What happens, for --help. */
  what: string;
  /** Undefined: the rule does not apply (no such tool is declared), so the next one is tried. */
  answer: (match: RegExpExecArray, situation: Situation) => Script | undefined;
}

export interface Situation {
  conversation: Conversation;
  functions: FunctionDeclaration[];
}

const number = (text: string | undefined, otherwise: number) =>
  text === undefined ? otherwise : Number(text);
const refusal = (status: number, retryAfterSeconds?: number): Script => ({
  text: '',
  refusal: { status, retryAfterSeconds },
});
const SAID = /^say "(?<words>[^"]*)" and (?=call )/i;
const finish = (text: string, finishReason: FinishReason): Script => ({ text, finishReason });
const AFTER = '(?: after (?<chunks>\\d+))?';
const mishap = (kind: Mishap['kind']) => (match: RegExpExecArray) => ({
  text: prose(80),
  mishap: { kind, afterChunks: number(match.groups?.['chunks'], 3) },
});

/** A call of the first declared function with a matching name; `text` fills its required strings. */
const callOf =
  (name: RegExp, text = (match: RegExpExecArray) => match.groups?.['text'] ?? match.input) =>
  (match: RegExpExecArray, { functions }: Situation): Script | undefined => {
    const declaration = functions.find((candidate) => name.test(candidate.name));
    return (
      declaration && {
        text: '',
        calls: [{ name: declaration.name, args: fillArguments(declaration, text(match).trim()) }],
      }
    );
  };

/** A task for one of several agents: the agent that has the tool calls it, another agent transfers. */
const HANDED_OVER = [
  {
    example: 'I saw: the error rate rose to 5 %',
    when: /^(?:I|we) saw:? (?<text>.+)/is,
    what: 'calls the declared tool that keeps findings, or hands over to the agent that has it',
    tool: /keep.*finding/i,
    to: 'investigator',
  },
  {
    example: 'write the report: slow answers',
    when: /\bwrite the report\b:? ?(?<text>.*)/is,
    what: 'calls the declared tool that writes reports, or hands over to the agent that has it',
    tool: /write.*report/i,
    to: 'scribe',
  },
];

/** Tried in this order; the first match answers. Without a match, the stand-in repeats the message. */
export const RULES: Rule[] = [
  {
    example: 'For context: another agent said hello',
    when: /^For context:/,
    what: 'what ADK writes to an agent that takes over from another one; it does what the person asked of it',
    answer: (_match, { conversation, functions }) => {
      const rule = HANDED_OVER.find(
        ({ when, tool }) =>
          when.test(conversation.handedOver) && functions.some(({ name }) => tool.test(name)),
      );
      const match = rule?.when.exec(conversation.handedOver);
      return (
        (rule && match && callOf(rule.tool)(match, { conversation, functions })) ?? {
          text: 'I take over from here and have read what was said before me.',
        }
      );
    },
  },
  ...HANDED_OVER.map(({ example, when, what, tool, to }): Rule => ({
    example,
    when,
    what,
    answer: (match, situation) =>
      callOf(tool)(match, situation) ?? callOf(/^transfer_to_agent$/, () => to)(match, situation),
  })),
  {
    example: 'answer word for word: {"city":"Paris"}',
    when: /^answer word for word: (?<text>.+)/is,
    what: 'exactly these words',
    answer: (match) => ({ text: match.groups?.['text'] ?? '' }),
  },
  {
    example: 'simulate 429 retry 2',
    when: /simulate 429(?: retry (?<seconds>\d+))?/i,
    what: 'refused: quota exhausted, with google.rpc.RetryInfo (1 s unless told)',
    answer: (match) => refusal(429, number(match.groups?.['seconds'], 1)),
  },
  {
    example: 'simulate 503',
    when: /simulate (?<status>400|401|403|404|500|503|504)/i,
    what: 'refused with this status, in the words of the real API',
    answer: (match) => refusal(Number(match.groups?.['status'])),
  },
  {
    example: 'simulate stall after 3',
    when: new RegExp(`simulate stall${AFTER}`, 'i'),
    what: 'the stream says nothing more after so many chunks, and stays open',
    answer: mishap('stall'),
  },
  {
    example: 'simulate break after 3',
    when: new RegExp(`simulate break${AFTER}`, 'i'),
    what: 'the connection is cut after so many chunks',
    answer: mishap('break'),
  },
  {
    example: 'simulate error after 3',
    when: new RegExp(`simulate error${AFTER}`, 'i'),
    what: 'an error object (503) arrives inside the stream after so many chunks',
    answer: mishap('error'),
  },
  {
    example: 'simulate garbage after 3',
    when: new RegExp(`simulate garbage${AFTER}`, 'i'),
    what: 'a frame that is no JSON arrives after so many chunks',
    answer: mishap('garbage'),
  },
  {
    example: 'simulate plain error after 3',
    when: new RegExp(`simulate plain error${AFTER}`, 'i'),
    what: 'an error object (503) arrives as lines of JSON, outside of any event, after so many chunks',
    answer: mishap('plain error'),
  },
  {
    example: 'simulate end after 3',
    when: new RegExp(`simulate end${AFTER}`, 'i'),
    what: 'the stream ends after so many chunks, without a finishReason',
    answer: mishap('end'),
  },
  {
    example: 'simulate answer of HTML',
    when: /simulate answer of (?<what>HTML|a list|nothing|usage alone|204|a redirect)/i,
    what: 'what a broken proxy answers: 200 with an empty body, 204, or 307 to another address',
    answer: (match) => ({ text: '', noAnswer: match.groups?.['what'] as NoAnswer }),
  },
  {
    example: 'simulate safety stop',
    when: /simulate safety/i,
    what: 'the answer ends early with finishReason SAFETY',
    answer: () => finish('I began to answer, and then', 'SAFETY'),
  },
  {
    example: 'simulate blocked prompt',
    when: /simulate blocked/i,
    what: 'no answer: promptFeedback.blockReason SAFETY',
    answer: () => ({ text: '', promptBlocked: true }),
  },
  {
    example: 'simulate cut answer',
    when: /simulate cut/i,
    what: 'the answer ends with finishReason MAX_TOKENS',
    answer: () => finish(prose(20), 'MAX_TOKENS'),
  },
  {
    example: 'simulate malformed call',
    when: /simulate malformed/i,
    what: 'no content, finishReason MALFORMED_FUNCTION_CALL',
    answer: () => finish('', 'MALFORMED_FUNCTION_CALL'),
  },
  {
    example: 'simulate empty answer',
    when: /simulate empty/i,
    what: 'no content, finishReason STOP',
    answer: () => finish('', 'STOP'),
  },
  {
    example: 'simulate thinking',
    when: /simulate think/i,
    what: 'a thought comes before the answer',
    answer: () => ({
      text: prose(24),
      thought: 'The person wants to see a thought. I think about that first.',
    }),
  },
  {
    example: 'call get_weather with {"city":"Paris"} and call get_time then call save_note',
    when: /\bcall [a-z_]\w*/i,
    what: 'function calls, named: "and" puts several into one answer, "then" waits for the results first; `say "words" and call ...` puts words before them',
    answer: (match, { conversation }) => {
      const step = match.input.split(/ then (?=call )/i)[conversation.toolRounds.length];
      const calls = step && readCalls(step);
      return calls ? { text: SAID.exec(step)?.groups?.['words'] ?? '', calls } : undefined;
    },
  },
  {
    example: 'count to 30',
    when: /\bcount to (?<n>\d{1,5})/i,
    what: 'the numbers, one a chunk',
    answer: (match) => ({ text: count(number(match.groups?.['n'], 10)), chunkPerWord: true }),
  },
  {
    example: 'long answer of 500 words',
    when: /\blong answer(?: of (?<n>\d{1,5}))?/i,
    what: 'prose of that length',
    answer: (match) => ({ text: prose(number(match.groups?.['n'], 500)), chunks: 60 }),
  },
  {
    example: 'note: the demo is on Friday',
    when: /\b(?:note|remember)\b(?: that)?:? (?<text>.+)/is,
    what: 'calls the declared tool that keeps a note',
    answer: callOf(/(save|add|take|keep|write|create).*note|^note$|remember/i),
  },
  {
    example: 'forget my notes',
    when: /\b(?:forget|delete|clear|remove)\b.*\bnotes?\b/is,
    what: 'calls the declared tool that removes notes',
    answer: callOf(/(forget|delete|clear|remove|erase).*note/i),
  },
  {
    example: 'what are my notes?',
    when: /\bnotes\b/i,
    what: 'calls the declared tool that reads notes',
    answer: callOf(/(list|read|get|show|recall|find).*note|^notes$/i),
  },
  {
    example: 'restart the service',
    when: /\b(?:restart|redeploy|roll back|approve)\b/i,
    what: 'calls the declared tool that needs a confirmation',
    answer: callOf(/restart|redeploy|roll_?back|approve/i),
  },
  {
    example: 'draw a chart of the status',
    when: /\b(?:chart|draw|diagram)\b/i,
    what: 'calls the declared tool that draws',
    answer: callOf(/chart|draw|diagram/i),
  },
  {
    example: 'ask the peer: what is the status of your environment?',
    when: /\bask (?:the |your )?(?:peer|other agent|agent on \w+(?: cloud)?)\b[:,]? *(?<text>.+)/is,
    what: 'calls the declared tool that asks another agent',
    answer: callOf(/(?:consult|ask).*(?:peer|agent)/i),
  },
  {
    example: 'what is the status of the environment?',
    when: /\b(?:status|healthy|revision|environment)\b/i,
    what: 'calls the declared status tool and answers from what it returned',
    answer: callOf(/status/i),
  },
  {
    example: 'show me markdown',
    when: /\b(markdown|table|code)\b/i,
    what: 'Markdown with headings, lists, code, a table, a quote',
    answer: () => ({ text: MARKDOWN_SAMPLE, chunks: 60 }),
  },
];

/** Words that modify any of the rules above. */
export const MODIFIERS = [
  { example: 'count to 30 slowly', what: '300 ms between chunks' },
  { example: 'count to 30 every 50 ms', what: 'that many milliseconds between chunks' },
  { example: 'long answer in 10 chunks', what: 'that many chunks' },
  {
    example: 'count to 30, held after 10 and 20',
    what: 'waits after so many chunks, each time until POST /stand-in/release',
  },
  { example: 'simulate 503 once', what: 'only the first time; a repetition of the same message is answered' },
  { example: 'simulate 503 twice', what: 'the first two times' },
] as const;
