import type { Step } from '@lornu/ops/steps/run-steps.ts';

/** The first line of what serves: whether traffic meets the applied network, and why not where it does not. */
export function sayNetwork(whyLoopback: string | undefined): Step {
  return {
    id: 'which-network',
    title:
      whyLoopback === undefined ? 'Traffic flows through the applied network' : 'Traffic flows on loopback',
    run: async () => whyLoopback ?? 'in network namespaces of this command',
  };
}
