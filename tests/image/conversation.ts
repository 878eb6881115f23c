/** A session and one streamed turn, through routes that both images serve. */
export async function streamTurn(
  url: string,
  text: string,
  onChunk: (all: string) => void = () => undefined,
): Promise<string> {
  const sessions = `${url}/apps/lornu/users/ann/sessions`;
  const { id } = (await (await fetch(sessions, { method: 'POST' })).json()) as { id: string };
  const answer = await fetch(`${url}/run_sse`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      app_name: 'lornu',
      user_id: 'ann',
      session_id: id,
      new_message: { role: 'user', parts: [{ text }] },
      streaming: true,
    }),
  });
  if (!answer.ok || !answer.body) throw new Error(`${answer.status}: ${await answer.text()}`);
  let all = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body) {
    all += decoder.decode(chunk, { stream: true });
    onChunk(all);
  }
  return all;
}

/** The events of a stream: the JSON after each "data: ". */
export function events(stream: string): { partial?: boolean; errorCode?: string; text: string }[] {
  return [...stream.matchAll(/^data: (\{.*\})$/gm)].map(([, json = '']) => {
    const event = JSON.parse(json) as {
      partial?: boolean;
      errorCode?: string;
      content?: { parts?: { text?: string }[] };
    };
    return { ...event, text: (event.content?.parts ?? []).map((part) => part.text ?? '').join('') };
  });
}
