import { startWhole } from '../attacks/whole.ts';

// All of the attacks, of which every run tries a sample.
startWhole();
await import('../attacks/memory.test.ts');
