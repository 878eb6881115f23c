import type { Context } from '@google/adk';

/** `user:` state: the same notes in every conversation of a person, on both clouds. */
const NOTES = 'user:notes';
const MAX_NOTES = 50;

type NoteContext = Pick<Context, 'state'> | undefined;

function notesOf(context: NoteContext): string[] {
  const notes: unknown = context?.state.get(NOTES);
  return Array.isArray(notes) ? notes.filter((note) => typeof note === 'string') : [];
}

/** Adds a note; refused beyond 50, so that the state stays small. */
export function saveNote(context: NoteContext, text: string): Record<string, unknown> {
  const notes = [...notesOf(context), text];
  if (notes.length > MAX_NOTES) return { error: `There are ${MAX_NOTES} notes already; delete some first.` };
  context?.state.set(NOTES, notes);
  return { saved: text, count: notes.length };
}

/** All notes, oldest first. */
export function listNotes(context: NoteContext): Record<string, unknown> {
  return { notes: notesOf(context) };
}

/** Deletes all notes. */
export function deleteNotes(context: NoteContext): Record<string, unknown> {
  const deleted = notesOf(context).length;
  context?.state.set(NOTES, []);
  return { deleted };
}
