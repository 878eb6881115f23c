import * as adk from '@google/adk';
import * as genai from '@google/genai';
import { plugin } from 'bun';
import * as zod from 'zod';

let isShared = false;

/**
 * Lets agents outside the service's folder import `@google/adk`, `@google/genai` and `zod` and get the service's
 * copies. The service does not recognise an agent made with another copy of ADK, and a bundle has no node_modules to
 * search.
 */
export function shareModules(): void {
  if (isShared) return;
  isShared = true;
  plugin({
    name: 'modules shared with agents',
    setup(build) {
      for (const [name, exports] of Object.entries({ '@google/adk': adk, '@google/genai': genai, zod }))
        build.module(name, () => ({ exports: { ...exports }, loader: 'object' }));
    },
  });
}
