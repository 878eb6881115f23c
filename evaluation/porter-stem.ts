/**
 * The Porter stemmer with NLTK's extensions, which rouge-score uses and google-adk's response match with it. Libraries on
 * npm keep to Porter's paper and give other stems ("sky", "enjoy", "only"), so scores would differ from `adk eval`.
 * The rules: M.F. Porter, "An algorithm for suffix stripping" (1980), and nltk.stem.porter, mode NLTK_EXTENSIONS.
 */

const IRREGULAR = new Map(
  Object.entries({
    sky: 'sky skies',
    die: 'dying',
    lie: 'lying',
    tie: 'tying',
    news: 'news',
    inning: 'innings inning',
    outing: 'outings outing',
    canning: 'cannings canning',
    howe: 'howe',
    proceed: 'proceed',
    exceed: 'exceed',
    succeed: 'succeed',
  }).flatMap(([stem, forms]) => forms.split(' ').map((form) => [form, stem] as const)),
);

type Condition = (stem: string) => boolean;
type Rule = readonly [suffix: string, replacement: string, condition?: Condition];

/** One character per letter: "c" for a consonant, "v" for a vowel; y is a consonant at the start and after a vowel. */
function shape(word: string): string {
  let flags = '';
  for (const letter of word) {
    const isVowel = 'aeiou'.includes(letter) || (letter === 'y' && flags.endsWith('c'));
    flags += isVowel ? 'v' : 'c';
  }
  return flags;
}

/** Porter's m: how often a vowel is followed by a consonant. */
const measure = (stem: string): number => shape(stem).split('vc').length - 1;
const atLeast = (count: number) => (stem: string) => measure(stem) >= count;
const hasVowel = (stem: string): boolean => shape(stem).includes('v');
const endsDoubled = (word: string): boolean =>
  word.length >= 2 && word.at(-1) === word.at(-2) && shape(word).endsWith('c');
/** Porter's *o, and NLTK's addition for words of two letters. */
const endsShort = (word: string): boolean =>
  (word.length >= 3 && shape(word).endsWith('cvc') && !'wxy'.includes(word.at(-1) ?? '')) ||
  (word.length === 2 && shape(word) === 'vc');

/** The first rule with a matching suffix decides, even if its condition then fails. */
function apply(word: string, rules: readonly Rule[]): string {
  const rule = rules.find(([suffix]) => word.endsWith(suffix));
  if (!rule) return word;
  const [suffix, replacement, condition] = rule;
  const stem = word.slice(0, word.length - suffix.length);
  return !condition || condition(stem) ? stem + replacement : word;
}

function table(text: string, condition: Condition): Rule[] {
  return text.split(' ').map((entry) => {
    const [suffix = '', replacement = ''] = entry.split('>');
    return [suffix, replacement, condition] as const;
  });
}

const STEP_2 = table(
  'ational>ate tional>tion enci>ence anci>ance izer>ize bli>ble alli>al entli>ent eli>e ousli>ous ization>ize ' +
    'ation>ate ator>ate alism>al iveness>ive fulness>ful ousness>ous aliti>al iviti>ive biliti>ble fulli>ful',
  atLeast(1),
);
const STEP_3 = table('icate>ic ative> alize>al iciti>ic ical>ic ful> ness>', atLeast(1));
const STEP_4: Rule[] = [
  ...table('al ance ence er ic able ible ant ement ment ent', atLeast(2)),
  ['ion', '', (stem) => measure(stem) > 1 && /[st]$/.test(stem)],
  ...table('ou ism ate iti ous ive ize', atLeast(2)),
];

function step1a(word: string): string {
  if (word.length === 4 && word.endsWith('ies')) return word.slice(0, -1);
  return apply(word, [
    ['sses', 'ss'],
    ['ies', 'i'],
    ['ss', 'ss'],
    ['s', ''],
  ]);
}

function step1b(word: string): string {
  if (word.endsWith('ied')) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith('eed')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const suffix = ['ed', 'ing'].find((end) => word.endsWith(end) && hasVowel(word.slice(0, -end.length)));
  if (!suffix) return word;
  const stem = word.slice(0, -suffix.length);
  if (/(at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (endsDoubled(stem)) return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem;
}

function step2(word: string): string {
  if (word.endsWith('alli') && measure(word.slice(0, -4)) > 0) return step2(word.slice(0, -2));
  return apply(word, [...STEP_2, ['logi', 'log', () => measure(word.slice(0, -3)) > 0]]);
}

function step5(word: string): string {
  const stem = word.slice(0, -1);
  const count = measure(stem);
  const shorter = word.endsWith('e') && (count > 1 || (count === 1 && !endsShort(stem))) ? stem : word;
  return apply(shorter, [['ll', 'l', () => measure(shorter.slice(0, -1)) > 1]]);
}

/** The stem of a word in lower case. */
export function porterStem(word: string): string {
  const irregular = IRREGULAR.get(word);
  if (irregular !== undefined || word.length <= 2) return irregular ?? word;
  const first = step1b(step1a(word));
  const second = apply(first, [['y', 'i', (stem) => stem.length > 1 && shape(stem).endsWith('c')]]);
  return step5(apply(apply(step2(second), STEP_3), STEP_4));
}
