import type { Network } from '../reachability/network.ts';
export function renderNetwork(_network: Network): string {
  return '<svg/>';
}
