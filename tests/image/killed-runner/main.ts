import { openTaskStarter, planOf } from '../as-a-task.ts';

// A program that the test kills: it runs a task and reports that. Its arguments: image, engine as JSON, folder.
const [image = '', engine = '', folder = ''] = process.argv.slice(2);
const starter = await openTaskStarter(image, JSON.parse(engine), folder);
const { container } = await starter.start(planOf({ command: ['bun', '-e', 'setInterval(() => {}, 1000)'] }));
process.stdout.write(`${JSON.stringify({ owner: starter.image.owner, pid: container.pid })}\n`);
await container.ended;
