/** The part of the page below a message of a person. */
export interface Shown {
  /** The numbers of the answer, separated by one space. */
  words: string;
  /** The other lines: notices, and labels of buttons. */
  read: string[];
}

/** Reads the visible text of the page from the last occurrence of the person's message on. */
export function readShown(visible: string, message: string): Shown {
  const at = visible.lastIndexOf(message);
  const lines = at < 0 ? [] : visible.slice(at + message.length).split('\n');
  const all = lines.map((line) => line.trim()).filter(Boolean);
  const isAnswer = (line: string): boolean => /^\d+( \d+)*$/.test(line);
  return {
    words: all.filter(isAnswer).join(' '),
    read: all.filter((line) => !isAnswer(line) && /[.!?]$/.test(line)),
  };
}

/** Whether numbers that count from 1 have one twice or leave one out. */
export function isCount(words: string): boolean {
  return words === '' || words.split(' ').every((word, index) => word === String(index + 1));
}
