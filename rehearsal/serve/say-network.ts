import type { Step } from '@lornu/ops/steps/run-steps.ts';

/** The first step of serving: reports whether traffic flows through the applied network, and otherwise the reason. */
export function sayNetwork(whyLoopback: string | undefined): Step {
  return {
    id: 'which-network',
    title:
      whyLoopback === undefined ? 'Traffic flows through the applied network' : 'Traffic flows on loopback',
    run: async () => whyLoopback ?? 'in network namespaces of this command',
  };
}
