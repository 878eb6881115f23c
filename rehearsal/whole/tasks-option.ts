import { Option } from 'commander';
import { TASK_FORMS } from '../serve/images.ts';

/** The same for every command that serves. */
export function tasksOption(): Option {
  return new Option('--tasks <form>', 'how tasks run: as processes, or in containers of the built image')
    .choices(TASK_FORMS)
    .default('process');
}
