// Service worker: keeps this version's files, so that the page works without a network after the first visit.
importScripts("site.js");

const here = (path) => new URL(path, self.location.href).href;
const OURS = `edge-classify ${new URL(here("./")).pathname} `; // other pages of this host have caches of their own
const CACHE = `${OURS}${SITE.version}`; // as in files.js

self.addEventListener("install", (event) => event.waitUntil(keepAll()));

// Files that the page has fetched already are not fetched again.
async function keepAll() {
  const cache = await caches.open(CACHE);
  for (const path of SITE.files) {
    const url = here(path);
    if (await cache.match(url)) continue;
    const response = await fetch(url, { cache: "no-cache" });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    await cache.put(url, response);
  }
}

self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

async function takeOver() {
  const old = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("message", (event) => { if (event.data === "take over") self.skipWaiting(); });

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  const isPage = url.href.split(/[?#]/)[0] === here("index.html"); // which some hosts redirect to the folder
  event.respondWith(kept(event.request, isPage ? here("./") : url.href));
});

async function kept(request, url) {
  const cache = await caches.open(CACHE);
  return await cache.match(url, { ignoreSearch: true }) ?? fetch(request);
}
