import { z } from 'zod';
import { defineRoute, type Route } from '../route.ts';

/** The user id of ADK's own page without sign-in. */
const LOCAL_USER_ID = 'user';

const ME = z.object({
  userId: z.string(),
  role: z.enum(['local', 'person', 'service', 'peer']),
  email: z.string().optional(),
  name: z.string().optional(),
});

/** The current caller, for the page. */
export function meRoutes(): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/me',
      summary: 'Who calls: the user id to use, and the role; local where sign-in is off.',
      tag: 'service',
      answer: ME,
      errors: ['UNAUTHENTICATED', 'TOKEN_REFUSED'],
      handler: ({ context }) => {
        const { userId, role, email, name } = context.get('principal');
        context.header('cache-control', 'no-store');
        return context.json({
          userId: userId ?? LOCAL_USER_ID,
          role,
          ...(email === undefined ? {} : { email }),
          ...(name === undefined ? {} : { name }),
        });
      },
    }),
  ];
}
