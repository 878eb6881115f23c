import { LogOut } from 'lucide-react';
import { signOut } from '../api/sessions.ts';
import type { Person } from '../api/types.ts';
import { IconButton } from '../ui/icon-button.tsx';
import { toasts } from '../ui/toasts.ts';

/** The signed-in person and the sign-out button; renders nothing without sign-in. */
export function PersonFooter({ person }: { person: Person }) {
  if (person.role !== 'person') return null;

  async function leave(): Promise<void> {
    try {
      // Leave the page: reloading it would sign the same person in again.
      location.assign(await signOut());
    } catch (error) {
      toasts.complain(error);
    }
  }

  return (
    <div className="person">
      <span>{person.name ?? person.email ?? person.userId}</span>
      <IconButton label="Sign out" onClick={() => void leave()}>
        <LogOut aria-hidden />
      </IconButton>
    </div>
  );
}
