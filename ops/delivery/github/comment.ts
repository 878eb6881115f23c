import type { GithubClient } from './client.ts';

/** Invisible markers in our comments, by which the next run finds its own. */
export const MARKS = {
  plan: '<!-- lornu: plan of terraform/aws/staging -->',
  replay: '<!-- lornu: recorded conversations -->',
} as const;
/** GitHub's limit for a body. */
const MOST_CHARACTERS = 65_536;
const PAGE = 100;

interface Comment {
  id: number;
  body?: string | null;
  html_url: string;
  user?: { type?: string } | null;
}

/** Creates or updates the one comment of a pull request with this mark; returns its URL. */
export async function writeComment(
  github: GithubClient,
  pullRequest: number,
  markdown: string,
  mark: string = MARKS.plan,
): Promise<string> {
  const issue = `/repos/${github.repository}/issues/${pullRequest}/comments`;
  const body = shorten(`${mark}\n${markdown}`);
  const existing = await findComment(github, issue, mark);
  const written = existing
    ? await github.call<Comment>('PATCH', `/repos/${github.repository}/issues/comments/${existing.id}`, {
        body,
      })
    : await github.call<Comment>('POST', issue, { body });
  return written?.html_url ?? '';
}

/** A person may quote the marker, so only comments written by a workflow are overwritten. */
async function findComment(github: GithubClient, issue: string, mark: string): Promise<Comment | undefined> {
  for (let page = 1; ; page += 1) {
    const comments = (await github.call<Comment[]>('GET', `${issue}?per_page=${PAGE}&page=${page}`)) ?? [];
    const found = comments.find(({ body, user }) => user?.type === 'Bot' && body?.startsWith(mark));
    if (found || comments.length < PAGE) return found;
  }
}

function shorten(text: string): string {
  const note = "\n\nShortened: the whole text is in the run's summary.";
  return text.length <= MOST_CHARACTERS ? text : text.slice(0, MOST_CHARACTERS - note.length) + note;
}
