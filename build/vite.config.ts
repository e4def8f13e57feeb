import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** Builds the pages into `out/renderer`: files of our own origin only, so that they run under the strictest CSP. */
export default defineConfig({
  root: path('../renderer'),
  // Relative, because the desktop serves them under `app://` and the console server under `/`.
  base: './',
  cacheDir: path('../node_modules/.vite'),
  plugins: [react()],
  resolve: {
    // Radix locks the scrolling of <body> by writing a <style> at run time, which `style-src 'self'` forbids, and our
    // body never scrolls. See renderer/README.md.
    alias: { 'react-remove-scroll': path('../renderer/ui/base/remove-scroll.tsx') },
  },
  build: {
    outDir: path('../out/renderer'),
    emptyOutDir: true,
    target: 'es2024',
    // No data: addresses for fonts and no inline loader: the CSP has neither.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
})
