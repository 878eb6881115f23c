import { startWhole } from '../attacks/whole.ts';

// All attacks; normal runs try a sample.
startWhole();
await import('../attacks/memory.test.ts');
