import type { ChatPage } from './chat-page.ts';

/** What a person can do on one page while the other pages show the same conversation. */
export const PERSON_STEPS = ['stop', 'stop and say', 'try again', 'edit', 'take back', 'decline'] as const;
const AT_ONCE = { timeout: 200 };
type PersonStep = (typeof PERSON_STEPS)[number];

export const isPersonStep = (name: string): name is PersonStep => PERSON_STEPS.some((step) => step === name);

/** Does it if the page offers it now. */
export async function playPerson(name: PersonStep, chat: ChatPage, text: string): Promise<void> {
  const draft = await chat.message.inputValue();
  switch (name) {
    case 'stop':
      return chat.message.press('Escape');
    case 'stop and say':
      await chat.message.fill(text);
      await chat.message.press('Control+Enter');
      return chat.message.fill(draft);
    case 'try again':
      return pressLast(chat, 'Try again');
    case 'edit': {
      await pressLast(chat, 'Edit message');
      const field = chat.page.getByRole('textbox', { name: 'Edit message' });
      // Without such a message, or once it is sent, there is no field. It stays if the message was refused.
      await field.fill(text, AT_ONCE).catch(() => undefined);
      for (const key of ['Enter', 'Escape']) await field.press(key, AT_ONCE).catch(() => undefined);
      return undefined;
    }
    case 'take back':
      return chat.page
        .getByRole('region', { name: 'Queued messages' })
        .getByRole('button')
        .first()
        .dispatchEvent('click', {}, AT_ONCE)
        .catch(() => undefined);
    case 'decline':
      return pressLast(chat, 'Decline');
    default:
      return name satisfies never;
  }
}

/** Closes what is still edited, because it was refused or the page was too slow: the message is not shown meanwhile. */
export async function endEditing({ page }: ChatPage): Promise<void> {
  const cancel = page.locator('.edit-form').getByRole('button', { name: 'Cancel' });
  for (let left = await cancel.count(); left > 0; left--) await cancel.first().dispatchEvent('click');
}

/** Not by the mouse: the buttons of a message are shown when it is pointed at. */
async function pressLast(chat: ChatPage, name: string): Promise<void> {
  await chat
    .button(name)
    .last()
    .dispatchEvent('click', {}, AT_ONCE)
    .catch(() => undefined);
}
