import { startWhole } from '../attacks/whole.ts';

// Waits until the turn that met the full disk has ended.
startWhole();
await import('../attacks/full-disk.test.ts');
