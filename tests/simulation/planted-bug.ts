/** A realistic mistake: replaces `find`, which occurs once in `file`, with `become`. */
export interface PlantedBug {
  name: string;
  /** A path below backend/. */
  file: string;
  find: string;
  become: string;
}

export const plantedBug = (name: string, file: string, find: string, become: string): PlantedBug => ({
  name,
  file,
  find,
  become,
});

/** The source of the file with the bug. Throws if the code has changed, so that the bug has to be rewritten. */
export function plant({ name, file, find, become }: PlantedBug, source: string): string {
  const parts = source.split(find);
  if (parts.length !== 2)
    throw new Error(
      `"${name}" stands ${parts.length - 1} times in backend/${file}: change it in planted-bugs.ts or planted-firestore-bugs.ts.`,
    );
  return parts.join(become);
}
