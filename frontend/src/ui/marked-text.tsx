/** A text in which the words that a person searched for are marked, wherever they stand. */
export function MarkedText({ text, words }: { text: string; words: string }) {
  const wanted = words.trim().toLowerCase();
  const lower = text.toLowerCase();
  // Some letters become longer in lower case (İ): positions in `lower` would not fit `text`.
  if (!wanted || lower.length !== text.length) return text;
  const parts: { text: string; at: number; isMarked: boolean }[] = [];
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    parts.push({ text: text.slice(from, at), at: from, isMarked: false });
    from = at + wanted.length;
    parts.push({ text: text.slice(at, from), at, isMarked: true });
  }
  parts.push({ text: text.slice(from), at: from, isMarked: false });
  return parts.map((part) => (part.isMarked ? <mark key={part.at}>{part.text}</mark> : part.text));
}
