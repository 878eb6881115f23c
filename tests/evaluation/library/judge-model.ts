import { serveHere } from '../../support/serve-here.ts';

/** A stand-in for Gemini as a judge. The judged turn contains its verdicts in judge(...), one word for each sample. */
export function startJudge() {
  const asked = new Map<string, number>();
  const server = serveHere(async (request) => {
    const { contents } = (await request.json()) as { contents: { parts: { text: string }[] }[] };
    const prompt = contents.flatMap(({ parts }) => parts.map(({ text }) => text)).join('\n');
    const words = (/judge\(([^)]+)\)/u.exec(prompt)?.[1] ?? '').split(' ');
    const nth = asked.get(prompt) ?? 0;
    asked.set(prompt, nth + 1);
    return respond(words[nth % words.length] ?? '', prompt);
  });
  return { url: server.url.origin, stop: async () => server.stop(true) };
}

const LABELS: Readonly<Record<string, string>> = {
  valid: '"is_the_agent_response_valid": "valid"',
  invalid: '"is_the_agent_response_valid": "invalid"',
  partially: '"is_the_agent_response_valid": "partially_valid"',
  almost: '"is_the_agent_response_valid": "almost"',
  false: '"is_the_agent_response_valid": false',
  maybe: '"is_the_agent_response_valid": "maybe"',
  bracketed: '"is_the_agent_response_valid": [valid]',
  'other-valid': '"is_the_agent_response_invalid": "valid"',
  'other-invalid': '"is_the_agent_response_invalid": "invalid"',
};

function respond(word: string, prompt: string): Response {
  switch (word) {
    case 'error':
      // A status that clients do not retry.
      return Response.json(
        { error: { code: 400, status: 'INVALID_ARGUMENT', message: 'no' } },
        { status: 400 },
      );
    case 'refusal':
      return Response.json({ promptFeedback: { blockReason: 'SAFETY' } });
    case 'empty':
      return says('');
    case 'garbage':
      return says('As an expert rater I would rather not say.');
  }
  if (prompt.includes('is_the_agent_response_valid'))
    return says(
      word === 'cut'
        ? '{"reasoning": "r", "is_the_agent_response_valid": "val'
        : `\`\`\`json\n{\n  "reasoning": "because",\n  ${LABELS[word] ?? ''},\n}\n\`\`\``,
    );
  return says(verdicts(word, prompt));
}

/** Blocks of a rubric judge, one for each property that the prompt ends with. */
function verdicts(word: string, prompt: string): string {
  const asked = prompt.slice(prompt.lastIndexOf('<properties>'));
  const properties = [...asked.matchAll(/^\*\s+\[id: (.*?)\] (.*)$/gmu)].map(([, id = '', text = '']) => ({
    id,
    text,
  }));
  const block = (id: string | undefined, text: string, verdict: string): string =>
    `${id === undefined ? '' : `ID: ${id}\n`}Property: ${text}\nRationale: because\nVerdict: ${verdict}\n`;
  switch (word) {
    case 'noid':
      return properties.map(({ text }) => block(undefined, text, 'yes')).join('\n');
    case 'decorated':
      return properties
        .map(({ text }) =>
          block(
            undefined,
            `**${text.replaceAll('"', '\u201c').replaceAll(' - ', ' \u2013 ').toUpperCase()}**`,
            'No.',
          ),
        )
        .join('\n');
    case 'shifted':
      // The first block has no id. The id of the second block must not be used for it.
      return properties
        .map(({ id, text }, index) => block(index === 0 ? undefined : id, text, index === 0 ? 'no' : 'yes'))
        .join('\n');
    case 'stranger':
      return block('nobody', 'It rhymes.', 'yes');
    case 'cut':
      return `${block(properties[0]?.id, properties[0]?.text ?? '', 'yes')}\nID: ${properties[1]?.id}\nProperty: ${properties[1]?.text}\nRationale: bec`;
    default: {
      const each = word.split('+');
      return properties.map(({ id, text }, index) => block(id, text, each[index] ?? '')).join('\n');
    }
  }
}

const says = (text: string): Response =>
  Response.json({
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP' }],
    modelVersion: 'stand-in for a judge',
  });
