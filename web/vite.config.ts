import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { juniorWorker } from './scripts/junior-worker.mjs'
import { licences } from './scripts/licences.mjs'

const server = process.env['VERAX_DEV_SERVER'] ?? 'http://localhost:8420'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// What is built becomes part of the Python package, and of the digest of the runtime that people
// admit: the same sources must give the same bytes on every machine.
export default defineConfig({
  plugins: [react(), licences(here('.')), woff2Only(), juniorWorker(here('./scripts/junior-worker.js'))],
  resolve: { alias: { '@': here('./src') } },
  build: {
    outDir: here('../src/verax/surfaces/http/webapp'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Two pages: the app, and Junior's, which a child's session opens and nothing else.
    rollupOptions: { input: [here('./index.html'), here('./junior.html')] },
    reportCompressedSize: false,
  },
  server: {
    port: 5173,
    proxy: Object.fromEntries(
      ['/v1', '/log', '/replies', '/health', '/openapi.json'].map((path) => [
        path,
        // The server takes a browser's writes from its own pages only.
        { target: server, changeOrigin: true, headers: { origin: server } },
      ]),
    ),
  },
})

// KaTeX brings each font three times; every browser that runs this build reads the first kind.
function woff2Only(): Plugin {
  return {
    name: 'woff2-only',
    enforce: 'pre',
    transform: (code, id) =>
      id.endsWith('katex.min.css')
        ? code.replaceAll(/,url\([^)]+\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)/g, '')
        : undefined,
  }
}
