import type { Container, ContainerOptions } from './container.ts';
import type { TaskPlan } from './task-definition.ts';

/** An image that can run on this machine. */
export interface RunnableImage {
  /** Description of how it runs here. */
  title: string;
  start: (options: ContainerOptions) => Promise<Container>;
}

/** Finds a container's image by its name in the task definition; rejects with PullError if there is none. */
export type PullImage = (
  container: Pick<TaskPlan['container'], 'image' | 'logStreamPrefix'>,
) => Promise<RunnableImage>;

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html */
export class PullError extends Error {
  constructor(image: string, why: string) {
    super(
      `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${why}`,
    );
    this.name = 'PullError';
  }
}
