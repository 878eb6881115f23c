// All of the attacks, of which every run tries a sample.
process.env['LORNU_ATTACKS'] = 'whole';
await import('../attacks/memory.test.ts');

export {};
