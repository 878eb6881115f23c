import type { PlannedEnvironment, Resource, Stack, StackName } from './environment.ts';
import { Absent, Reader, type Recorder } from './reader.ts';

/**
 * Called with what a check reads, found or not: "staging aws_lb.staging" is a block, "staging aws_lb.*" a type,
 * "staging *" everything.
 */
export type Asker = (what: string) => void;

/** A stack, as checks see it. */
export class StackView {
  readonly #name: StackName;
  readonly #stack: Stack;
  readonly #record: Recorder;
  readonly #ask: Asker;

  constructor(name: StackName, stack: Stack, record: Recorder, ask: Asker) {
    this.#name = name;
    this.#stack = stack;
    this.#record = record;
    this.#ask = ask;
  }

  /** The resource with this address; a missing one is a problem. */
  one(address: string): Reader {
    this.#ask(`${this.#name} ${address.replace(/\[.*$/, '')}`);
    const found = this.#stack.resources.find((resource) => resource.address === address);
    if (!found) throw new Absent(`${address} is not planned.`);
    return this.#read(found);
  }

  /** The id of the resource with this address. */
  id(address: string): string {
    return this.one(address).text('id');
  }

  /** The ARN of the resource with this address. */
  arn(address: string): string {
    return this.one(address).text('arn');
  }

  /** The ids of every instance of a block. */
  ids(block: string): string[] {
    return this.all(block).map((one) => one.text('id'));
  }

  /** Every instance of a block, at least one. */
  all(block: string): Reader[] {
    this.#ask(`${this.#name} ${block}`);
    const found = this.#stack.resources.filter((resource) => resource.block === block);
    if (found.length === 0) throw new Absent(`${block} is not planned.`);
    return found.map((resource) => this.#read(resource));
  }

  /** Every resource of a type, whichever block declares it. */
  ofType(...types: string[]): Reader[] {
    for (const type of types) this.#ask(`${this.#name} ${type}.*`);
    return this.#stack.resources
      .filter(({ type }) => types.includes(type))
      .map((resource) => this.#read(resource));
  }

  /** Every resource. */
  everything(): Reader[] {
    this.#ask(`${this.#name} *`);
    return this.#stack.resources.map((resource) => this.#read(resource));
  }

  /** The default of a variable; undefined if it is required. */
  byDefault(name: string): Reader | undefined {
    this.#ask(`${this.#name} default`);
    const value = this.#stack.defaults[name];
    return value === undefined ? undefined : new Reader(`default.${name}`, { value }, this.#record);
  }

  /** The variables that have a default. */
  defaults(): string[] {
    this.#ask(`${this.#name} default`);
    return Object.keys(this.#stack.defaults);
  }

  /** The value of a variable in this plan. */
  input(name: string): Reader {
    const value = this.#stack.inputs[name];
    if (value === undefined) throw new Absent(`variable ${name} has no value.`);
    return new Reader(`var.${name}`, { value }, () => {});
  }

  /** Addresses in a block's depends_on. */
  dependsOn(block: string): readonly string[] {
    this.#ask(`${this.#name} ${block} depends_on`);
    return this.#stack.blocks.get(block)?.dependsOn ?? [];
  }

  output(name: string): Reader {
    this.#ask(`${this.#name} output`);
    const value = this.#stack.outputs[name];
    if (value === undefined) throw new Absent(`output ${name} is not there.`);
    return new Reader(`output.${name}`, { value }, this.#record);
  }

  #read({ address, key, values }: Resource): Reader {
    return new Reader(address, values, this.#record, '', key);
  }
}

export interface View {
  staging: StackView;
  bootstrap: StackView;
  calledToApply: readonly string[];
}

export function view(
  environment: PlannedEnvironment,
  record: Recorder = () => {},
  ask: Asker = () => {},
): View {
  return {
    staging: new StackView('staging', environment.staging, record, ask),
    bootstrap: new StackView('bootstrap', environment.bootstrap, record, ask),
    calledToApply: environment.calledToApply,
  };
}
