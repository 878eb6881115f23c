import { virtual } from '@guidepup/virtual-screen-reader';

// Bundled, and run in the page under test (heard.test.ts).
Object.assign(globalThis, { virtual });
