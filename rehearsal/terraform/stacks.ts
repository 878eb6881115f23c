/** A folder of terraform/ that the rehearsal applies, in this order; destroyed in the other one. */
export interface Stack {
  name: StackName;
  /** From the root of the checkout. */
  folder: string;
  /** What a person reads. */
  title: string;
}

export type StackName = 'bootstrap' | 'staging';

export const STACKS: readonly Stack[] = [
  { name: 'bootstrap', folder: 'terraform/aws/bootstrap', title: 'terraform/aws/bootstrap' },
  { name: 'staging', folder: 'terraform/aws/staging', title: 'terraform/aws/staging' },
];
