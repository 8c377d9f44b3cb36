/**
 * Junior's service worker: its page opens with the network off, and then says so itself.
 *
 * * Keeps the page and its built files, nothing that the server says: no reply, no picture, no session.
 * * The page comes from the server where that answers, so an update is seen at once; else from here.
 * * Files carry a digest in their name, so a kept one is always right. The build writes the list.
 */

const VERSION = '%VERSION%'
const FILES = []
const PAGE = '/junior'
const NAME = `junior-${VERSION}`
const PATIENCE_MS = 4000

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(NAME)
      .then((cache) => cache.addAll([PAGE, ...FILES]))
      .then(() => self.skipWaiting()),
  )
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(
          names
            .filter((name) => name.startsWith('junior-') && name !== NAME)
            .map((name) => caches.delete(name)),
        ),
      )
      .then(() => self.clients.claim()),
  )
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== self.location.origin) return
  if (request.mode === 'navigate') event.respondWith(openPage(request))
  else if (FILES.includes(pathname)) event.respondWith(openFile(request))
})

async function openPage(request) {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) })
  } catch {
    return (await caches.match(PAGE, { cacheName: NAME })) ?? Response.error()
  }
}

async function openFile(request) {
  return (await caches.match(request.url, { cacheName: NAME, ignoreVary: true })) ?? fetch(request)
}
