import { startWhole } from '../attacks/whole.ts';

// Until the turn that met the full disk has come to its end.
startWhole();
await import('../attacks/full-disk.test.ts');
