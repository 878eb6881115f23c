/** Words that are not indexed: google-adk's list, because both services must index and search the same words. */
const STOP_WORDS = new Set(
  `
  a about above after again against all am an and any are as at be because been before being below
  between both but by can could did do does doing don down during each else few for from further had
  has have having he her here hers herself him himself his how i if in into is it its itself just
  may me might more most must my myself no nor not now of off on once only or other our ours
  ourselves out over own s same shall she should so some such t than that the their theirs them
  themselves then there these they this those through to too under until up very was we were what
  when where which who whom why will with would you your yours yourself yourselves
  `
    .trim()
    .split(/\s+/),
);

/** The distinct words under which a text is indexed. Latin letters only, as in google-adk. */
export function keywordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[a-z]+/g) ?? [];
  return [...new Set(words)].filter((word) => !STOP_WORDS.has(word));
}
