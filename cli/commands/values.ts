import { InvalidArgumentError } from 'commander';
import { statSync } from 'node:fs';
import type { Address } from '@lornu/ops/verify/target.ts';

/**
 * Parsers for the values of arguments and options. Each throws commander's InvalidArgumentError with a sentence on what
 * it takes, before the command does anything.
 */

/** Parses an option that may be repeated. */
export function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

/** The same, with a parser for each value. */
export function collectEach(parse: (text: string) => string): typeof collect {
  return (text, before) => collect(parse(text), before);
}

/** A text that matches `pattern`; the error names its `form`, such as "a region such as us-east-1". */
function like(pattern: RegExp, form: string): (text: string) => string {
  return (text) => {
    if (pattern.test(text)) return text;
    throw new InvalidArgumentError(`It takes ${form}.`);
  };
}

export const awsAccount = like(/^\d{12}$/, 'the 12 digits of an AWS account');
export const awsRegion = like(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region such as us-east-1');
export const ownerAndName = like(/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/, 'owner/name');
export const accountName = like(/^[A-Za-z0-9-]+$/, 'the name of one account at GitHub');
/** The first digits of a commit, as images are tagged with. */
export const commitDigits = like(/^[0-9a-f]{7,40}$/, 'the first 7 to 40 hexadecimal digits of a commit');
export const osAndArch = like(/^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9]+)?$/, 'os/arch, such as linux/arm64');
export const cidr = like(/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/, 'IPv4 addresses such as 203.0.113.0/24');
export const assignment = like(/^[\w-]+=/, 'name=value');

/** A file that exists, also a pipe; relative to the working directory. */
export function existingFile(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) return path;
  throw new InvalidArgumentError(found ? 'It is a folder, not a file.' : 'There is no such file.');
}

/** A parser for whole numbers from `least` to `most`; the error names `unit`, such as "of seconds". */
export function wholeNumber(least: number, most: number, unit = ''): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It takes a whole number${unit && ` ${unit}`} from ${least} to ${most}.`);
  };
}

/** Parses a port; 0 means a free one. */
export const wholePort = wholeNumber(0, 65_535);

/** Parses a number above 0, with or without a fraction. */
export function positive(text: string): number {
  const value = Number(text);
  if (value > 0 && value < Infinity) return value;
  throw new InvalidArgumentError('It takes a number above 0.');
}

/** Parses a share of a whole, between 0 and 1. */
export function share(text: string): number {
  const value = Number(text);
  if (value > 0 && value < 1) return value;
  throw new InvalidArgumentError('It takes a number between 0 and 1.');
}

/** Parses the address of a server: https, or http on this machine; returned without a trailing slash. */
export function serverUrl(text: string): string {
  const url = URL.parse(text);
  if (
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname))
  )
    return text.replace(/\/+$/, '');
  throw new InvalidArgumentError(
    'It takes an https:// address, or http:// of this machine: a token may be sent to it.',
  );
}

export function hostAndPort(text: string): Address {
  const [, host, port] = /^(\S+):(\d{1,5})$/.exec(text) ?? [];
  if (host && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new InvalidArgumentError('It takes host:port.');
}
