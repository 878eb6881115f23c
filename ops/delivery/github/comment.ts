import type { GithubClient } from './client.ts';

/** An invisible marker in each of our comments, by which the next run finds it. */
const MARK = '<!-- lornu: plan of terraform/aws/staging -->';
/** GitHub's limit for a body. */
const MOST_CHARACTERS = 65_536;
const PAGE = 100;

interface Comment {
  id: number;
  body?: string | null;
  html_url: string;
  user?: { type?: string } | null;
}

/** Creates or updates the one comment of a pull request; returns its URL. */
export async function writeComment(
  github: GithubClient,
  pullRequest: number,
  markdown: string,
): Promise<string> {
  const issue = `/repos/${github.repository}/issues/${pullRequest}/comments`;
  const body = shorten(`${MARK}\n${markdown}`);
  const existing = await findComment(github, issue);
  const written = existing
    ? await github.call<Comment>('PATCH', `/repos/${github.repository}/issues/comments/${existing.id}`, {
        body,
      })
    : await github.call<Comment>('POST', issue, { body });
  return written?.html_url ?? '';
}

/** A person may quote the marker, so only comments written by a workflow are overwritten. */
async function findComment(github: GithubClient, issue: string): Promise<Comment | undefined> {
  for (let page = 1; ; page += 1) {
    const comments = (await github.call<Comment[]>('GET', `${issue}?per_page=${PAGE}&page=${page}`)) ?? [];
    const found = comments.find(({ body, user }) => user?.type === 'Bot' && body?.startsWith(MARK));
    if (found || comments.length < PAGE) return found;
  }
}

function shorten(text: string): string {
  const note = "\n\nShortened: the whole text is in the run's summary.";
  return text.length <= MOST_CHARACTERS ? text : text.slice(0, MOST_CHARACTERS - note.length) + note;
}
