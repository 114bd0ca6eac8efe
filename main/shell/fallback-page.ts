/** What the window shows when its own files are missing: the engine's state in plain words, so that a person is not left alone. */

export function fallbackPage(nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Levey</title>
<style nonce="${nonce}">
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0; display: grid; min-height: 100vh; place-items: center; }
main { max-width: 36rem; padding: 2rem; }
h1 { font-size: 1.3rem; }
h2 { font-size: 1.1rem; margin-top: 1.5rem; }
dt { font-weight: 600; margin-top: 0.75rem; }
dd { margin: 0; }
</style>
</head>
<body>
<main>
<h1>The window's own files are missing</h1>
<p>The laboratory's data are not touched by this. Install Levey again, or run <code>npm run build</code> in a checkout.</p>
<h2>Engine</h2>
<dl id="state"></dl>
</main>
<script src="/fallback.js"></script>
</body>
</html>`;
}

export const fallbackScript = `
const list = document.getElementById('state');
const row = (name, text) => {
  const dt = document.createElement('dt');
  const dd = document.createElement('dd');
  dt.textContent = name;
  dd.textContent = text;
  list.append(dt, dd);
};
window.levey.shell.onState(({ engine }) => {
  list.replaceChildren();
  row('State', engine.phase);
  if (engine.why) {
    row('What happened', engine.why.what);
    row('What is safe', engine.why.safe);
    row('What to do', engine.why.todo);
  }
});
`;
