import { own } from '../util/own.ts';

interface FailureWords {
  message: string;
  next: string;
}

/** Explanations of Gemini's status names and finish reasons, which ADK passes on in `errorCode`. */
const BY_CODE: Record<string, FailureWords> = {
  RESOURCE_EXHAUSTED: {
    message: 'The model has too much to do right now.',
    next: 'Wait a moment, then try again.',
  },
  UNAVAILABLE: { message: 'The model cannot be reached right now.', next: 'Try again in a moment.' },
  DEADLINE_EXCEEDED: { message: 'The model took too long.', next: 'Try again, or ask for less at once.' },
  UNAUTHENTICATED: {
    message: 'The model refused the service’s key.',
    next: 'Whoever runs this environment has to renew it.',
  },
  PERMISSION_DENIED: {
    message: 'The service may not use this model.',
    next: 'Whoever runs this environment has to allow it.',
  },
  INVALID_ARGUMENT: {
    message: 'The model could not read this conversation.',
    next: 'Edit the message, or begin a new conversation.',
  },
  SAFETY: { message: 'The model stopped for safety reasons.', next: 'Say it in other words.' },
  PROHIBITED_CONTENT: { message: 'The model does not answer this.', next: 'Say it in other words.' },
  RECITATION: {
    message: 'The model stopped, because it was about to repeat a source.',
    next: 'Ask for it in other words.',
  },
  MAX_TOKENS: { message: 'The answer reached the longest length allowed.', next: 'Ask the agent to go on.' },
  MALFORMED_FUNCTION_CALL: {
    message: 'The model called a tool in a way that cannot be read.',
    next: 'Try again.',
  },
};

const BY_STATUS: Record<string, string> = {
  '400': 'INVALID_ARGUMENT',
  '401': 'UNAUTHENTICATED',
  '403': 'PERMISSION_DENIED',
  '429': 'RESOURCE_EXHAUSTED',
  '500': 'UNAVAILABLE',
  '503': 'UNAVAILABLE',
  '504': 'DEADLINE_EXCEEDED',
};

const UNKNOWN: FailureWords = {
  message: 'The answer could not be finished.',
  next: 'Try again; what you wrote is kept.',
};

/** The service's last sentence where the model asked for a pause of a minute or more (backend/model/model-error.ts). */
const HOW_LONG = /\bTry again in \d+ (?:second|minute|hour)s?\.$/;

/** What a failed answer means for the person; an unknown code gets a general sentence. */
export function toFailureWords(code: string | undefined, message?: string): FailureWords {
  // Written by an operator for the people who read it.
  if (code === 'STOPPED_BY_OPERATOR' && message)
    return { message, next: 'What was answered so far is kept; you can go on from there.' };
  const name = own(BY_STATUS, code) ?? code;
  const words = own(BY_CODE, name) ?? UNKNOWN;
  const next = HOW_LONG.exec(message ?? '')?.[0];
  return next === undefined ? words : { ...words, next };
}
