import type { ReactNode } from 'react';
import { ErrorBoundary } from 'react-error-boundary';

/** If the page itself fails: a sentence and two ways to continue, instead of nothing. */
export function PageBoundary({ children }: { children: ReactNode }) {
  return <ErrorBoundary fallbackRender={() => <BrokenPage />}>{children}</ErrorBoundary>;
}

function BrokenPage() {
  return (
    <main className="start-problem">
      <h1>Lornu</h1>
      <div className="problem" role="alert">
        <div>
          <p className="problem-message">The page has failed.</p>
          <p>Your conversations are kept by the service. Load the page again, or begin a new conversation.</p>
          <div className="problem-actions">
            <button type="button" className="button button-primary" onClick={() => location.reload()}>
              Load again
            </button>
            <button
              type="button"
              className="button"
              onClick={() => {
                history.replaceState(null, '', location.pathname);
                location.reload();
              }}
            >
              New conversation
            </button>
          </div>
        </div>
      </div>
    </main>
  );
}
