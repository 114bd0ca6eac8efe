/** Denies what the window never needs: navigation, new windows, permissions, web views, downloads, network. */
import { app, type Session, type WebContents } from 'electron';
import { APP_ORIGIN, DOCUMENT_ORIGIN } from './scheme.ts';

/** Chromium's own viewer of PDFs. */
const PDF_VIEWER = 'chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/';

/** Must run before the app is ready. */
export function lockDownApp(): void {
  app.enableSandbox();
  // Chromium itself resolves no name and no address, so even a hole in the rules below reaches nobody.
  app.commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND');
  app.commandLine.appendSwitch('disable-background-networking');
  app.on('web-contents-created', (_event, contents) => lockDownContents(contents));
}

function lockDownContents(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => {
    // Chromium shows a preview's PDF in a frame of its own viewer; nothing else may load frames.
    const fromPreview = event.frame?.url?.startsWith(`${DOCUMENT_ORIGIN}/`) === true;
    if (!fromPreview && !event.isMainFrame && isPdfViewer(contents)) return;
    // The viewer itself loads the document's bytes in a frame, under its own address.
    if (!event.isMainFrame && event.url.startsWith(PDF_VIEWER) && contents.getURL().startsWith(PDF_VIEWER))
      return;
    event.preventDefault();
  });
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
}

function isPdfViewer(contents: WebContents): boolean {
  return contents.getURL().startsWith(`${DOCUMENT_ORIGIN}/`);
}

/** Applies to every page of a session. */
export function lockDownSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event) => event.preventDefault());
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest((details, decide) => decide({ cancel: !isOurs(details.url) }));
}

/** Requests that never leave the machine: ours, the viewer of PDFs, the developer tools, and data within the page. */
export function isOurs(url: string): boolean {
  return (
    url.startsWith(`${APP_ORIGIN}/`) ||
    url.startsWith(`${DOCUMENT_ORIGIN}/`) ||
    url.startsWith('data:') ||
    url.startsWith(`blob:${APP_ORIGIN}/`) ||
    url.startsWith('devtools://') ||
    url.startsWith('chrome://resources/') ||
    url.startsWith(PDF_VIEWER)
  );
}
