/** A folder of terraform/ that the rehearsal applies, in this order; destroyed in reverse order. */
export interface Stack {
  name: StackName;
  /** Relative to the checkout's root. */
  folder: string;
  /** Its name for people. */
  title: string;
}

export type StackName = 'bootstrap' | 'staging';

export const STACKS: readonly Stack[] = [
  { name: 'bootstrap', folder: 'terraform/aws/bootstrap', title: 'terraform/aws/bootstrap' },
  { name: 'staging', folder: 'terraform/aws/staging', title: 'terraform/aws/staging' },
];
