/**
 * The Gemini model of every agent here, and the only place in the repository that names it. Terraform and the agent on
 * Google Cloud cannot read this file: `cli/checks/model-names.test.ts` compares them with it.
 *
 * Why this one, what else can be chosen and how to change it: docs/operations.md, "The model". When Google retires it:
 * backend/model/retirements.ts.
 */
export const MODEL = 'gemini-3.8-flash';
