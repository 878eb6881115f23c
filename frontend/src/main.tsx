import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { PageBoundary } from './pages/page-boundary.tsx';
import { StartPage } from './pages/start-page.tsx';
import { addFonts } from './ui/fonts.ts';
import { applyStoredTheme } from './ui/theme.ts';
import { returnToPlace } from './util/route.ts';

returnToPlace();
applyStoredTheme();
addFonts();
const element = document.getElementById('root');
if (!element) throw new Error('index.html has no #root');
createRoot(element).render(
  <StrictMode>
    <PageBoundary>
      <StartPage />
    </PageBoundary>
  </StrictMode>,
);
