import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** The font packages name a WOFF beside every WOFF2, which Chromium never asks for: leave it out of the bundle. */
const onlyWoff2: Plugin = {
  name: 'levey:only-woff2',
  enforce: 'pre',
  transform: {
    filter: { id: /@fontsource\/.*\.css/ },
    handler: (code) => code.replace(/,\s*url\([^)]*\.woff\)\s*format\(['"]woff['"]\)/g, ''),
  },
};

/** The window. `root` is this folder; the shell puts a new nonce in place of the placeholder at every load. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [onlyWoff2, react()],
  html: { cspNonce: '__LEVEY_NONCE__' },
  build: {
    outDir: '../out/renderer',
    emptyOutDir: true,
    target: 'chrome130',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2500,
  },
});
