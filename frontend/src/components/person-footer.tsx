import { LogOut } from 'lucide-react';
import { signOut } from '../api/sessions.ts';
import type { Person } from '../api/types.ts';
import { IconButton } from '../ui/icon-button.tsx';
import { toasts } from '../ui/toasts.ts';

/** Who is signed in, and the way out; nothing where nobody signs in. */
export function PersonFooter({ person }: { person: Person }) {
  if (person.role !== 'person') return null;

  async function leave(): Promise<void> {
    try {
      // Away from the page: loading it again would sign the same person in.
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
