/** The page's nonce for style elements that libraries add, when the shell gave one; empty on the preview page. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}
