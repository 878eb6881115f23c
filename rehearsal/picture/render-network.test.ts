import { expect, test } from 'bun:test';
import { soundNetwork } from '../reachability/sound-network.ts';
import { evaluateNetwork } from '../reachability/statements.ts';
import { renderNetwork } from './render-network.ts';

function draw(change: (network: ReturnType<typeof soundNetwork>) => void = () => {}): string {
  const network = soundNetwork();
  change(network);
  return renderNetwork(network, evaluateNetwork(network));
}

/** Number of lines of this kind. */
function ways(picture: string, kind: 'in' | 'task' | 'out'): number {
  return picture.split(`class="way ${kind}"`).length - 1;
}

test('the picture is self-contained XML, with every part of the network', () => {
  const picture = draw();
  const parsed = new HTMLRewriter();
  let elements = 0;
  parsed.on('*', { element: () => void (elements += 1) }).transform(picture);
  expect(elements).toBeGreaterThan(80);
  for (const name of [
    'public-a',
    'private-b',
    'NAT gateway',
    'Load balancer',
    'Internet gateway',
    'secretsmanager',
  ]) {
    expect(picture).toContain(`>${name}<`);
  }
  expect(picture).not.toMatch(/href|url\((?!#)/);
});

test('only existing paths are drawn', () => {
  expect([ways(draw(), 'in'), ways(draw(), 'task')]).toEqual([2, 2]);
  const withoutNat = draw((network) => (network.natGateways = []));
  expect(ways(withoutNat, 'out')).toBeLessThan(ways(draw(), 'out'));
  const internal = draw((network) => (network.loadBalancer.internetFacing = false));
  expect(ways(internal, 'in')).toBe(0);
  const mute = draw((network) => network.securityGroups.find(({ id }) => id === 'sg-alb')?.egress.splice(0));
  expect(ways(mute, 'task')).toBe(0);
});

test('a statement that does not hold is marked, with what was found', () => {
  expect(draw()).not.toContain('class="broken"');
  const picture = draw((network) => (network.natGateways = []));
  expect(picture).toContain('class="broken"');
  expect(picture).toContain('no NAT gateway with an address');
});

test('names from the account are escaped', () => {
  const picture = draw((network) => (network.subnets[0]!.name = '<script>&"'));
  expect(picture).toContain('&lt;script&gt;&amp;&quot;');
  expect(picture).not.toContain('<script>');
});
