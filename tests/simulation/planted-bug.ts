/** A mistake that somebody could make: `find` stands once in `file`, and `become` takes its place. */
export interface PlantedBug {
  name: string;
  /** Under backend/. */
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

/** The file with the bug in it. Throws where the code has changed so that the bug has to be written anew. */
export function plant({ name, file, find, become }: PlantedBug, source: string): string {
  const parts = source.split(find);
  if (parts.length !== 2)
    throw new Error(
      `"${name}" stands ${parts.length - 1} times in backend/${file}: change it in planted-bugs.ts or planted-firestore-bugs.ts.`,
    );
  return parts.join(become);
}
