import type { PlannedEnvironment, Resource, Stack, StackName } from './environment.ts';
import { Absent, Reader, type Recorder } from './reader.ts';

/**
 * Told of what a check asks for, found or not: "staging aws_lb.staging" is a block, "staging aws_lb.*" a type,
 * "staging *" everything.
 */
export type Asker = (what: string) => void;

/** What a check sees of a stack. */
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

  /** The resource with this address; that it is missing is a problem. */
  one(address: string): Reader {
    this.#ask(`${this.#name} ${address.replace(/\[.*$/, '')}`);
    const found = this.#stack.resources.find((resource) => resource.address === address);
    if (!found) throw new Absent(`${address} is not planned.`);
    return this.#read(found);
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

  /** Every resource there is. */
  everything(): Reader[] {
    this.#ask(`${this.#name} *`);
    return this.#stack.resources.map((resource) => this.#read(resource));
  }

  /** What a variable is when nobody says otherwise, or undefined where it has to be given. */
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

  /** The value of a variable that it was planned with. */
  input(name: string): Reader {
    const value = this.#stack.inputs[name];
    if (value === undefined) throw new Absent(`variable ${name} has no value.`);
    return new Reader(`var.${name}`, { value }, () => {});
  }

  /** Addresses that a block waits for beyond what it refers to. */
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
