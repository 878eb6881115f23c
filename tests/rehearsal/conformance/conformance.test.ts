import { setDefaultTimeout } from 'bun:test';
import { testChecks } from './kit.ts';

// Other work on the machine must not make a slow answer a failure.
setDefaultTimeout(1_500_000);

// The suite load-balancer makes the other checks in every run.
testChecks(['deployment', 'breaker', 'bake', 'protection', 'secrets', 'stop']);
