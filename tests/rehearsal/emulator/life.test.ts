import { findEmulator } from '@lornu/rehearsal/emulator/start-emulator.ts';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { rm } from 'node:fs/promises';
import { until } from '../../support/until.ts';
import { prepareEmulator } from './kit.ts';

setDefaultTimeout(240_000);

test('an emulator that stays outlives the command that started it, until its folder is deleted', async () => {
  const { folder, python, logPath } = await prepareEmulator();
  const options = { python, logPath, env: { PATH: process.env['PATH'] } };
  const program = `
    import { startEmulator } from '@lornu/rehearsal/emulator/start-emulator.ts';
    const { port, pid, instance, sideDoor } = await startEmulator(${JSON.stringify(options)});
    await sideDoor.stay();
    console.log(JSON.stringify({ port, pid, instance }));`;
  const command = Bun.spawn([process.execPath, '-e', program], { cwd: import.meta.dir, stdout: 'pipe' });
  const address = JSON.parse(await new Response(command.stdout).text()) as Parameters<typeof findEmulator>[0];
  expect(await command.exited).toBe(0);
  // It looks for its folder every second.
  await Bun.sleep(2_500);
  expect(await findEmulator(address)).toBeDefined();
  await rm(folder, { recursive: true });
  await until(async () => (await findEmulator(address)) === undefined, { withinMs: 60_000 });
});
