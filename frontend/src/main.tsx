import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { getPerson, getServiceInfo, listApps } from './api/sessions.ts';
import { ChatPage } from './pages/chat-page.tsx';

const element = document.getElementById('root');
if (!element) throw new Error('index.html has no #root');
const root = createRoot(element);
const [person, info, apps] = await Promise.all([getPerson(), getServiceInfo(), listApps()]);
const appName = apps[0]?.name ?? 'lornu';
root.render(
  <StrictMode>
    <ChatPage owner={{ appName, userId: person.userId }} info={info} />
  </StrictMode>,
);
