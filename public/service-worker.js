/**
 * Keeps the page itself for use without a network: every file of the build is fetched when this
 * worker is installed, and served from the cache from then on. Models are not its business: they
 * lie in the model store (src/storage).
 *
 * It also isolates the page, which lets the engine's threads share memory, on servers that do not
 * send the headers for it (vite.config.ts says why these).
 */

/** Addresses relative to this script; the build writes them here (vite.config.ts). */
const files = __PAGE_FILES__;
const folder = new URL("./", self.location.href).href;
const page = `${folder}index.html`;
/** One page's caches among those of its origin. */
const cachePrefix = `fwhisper ${folder} `;
/** Changes with any file, because their names hold hashes of their content. */
const cacheName = cachePrefix + files.join(" ");

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll([page, ...files])));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(removeOldCaches().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || request.headers.has("Range")) return;
  if (request.mode === "navigate") {
    const [url] = request.url.split(/[?#]/);
    if (url === folder || url === page) event.respondWith(newestPage(request).then(isolated));
  } else if (files.some((file) => folder + file === request.url)) {
    // An isolated page takes no worker whose script is not.
    event.respondWith(keptFile(request).then(isolated));
  }
});

/** The same answer with the headers of isolation. */
function isolated(response) {
  // A redirection has nothing that could be read, and is followed by the browser.
  if (response.type === "opaqueredirect") return response;
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

async function keptFile(request) {
  // Scripts are asked for with an Origin, which servers vary by; the bytes are the same.
  return (await caches.match(request.url, { ignoreVary: true })) ?? fetch(request);
}

/** The page from the network where there is one, so that a new version is seen at once. */
async function newestPage(request) {
  try {
    const response = await fetch(request);
    if (response.ok) await (await caches.open(cacheName)).put(page, response.clone());
    return response;
  } catch (offline) {
    const kept = await caches.match(page, { ignoreVary: true });
    if (kept === undefined) throw offline;
    return kept;
  }
}

async function removeOldCaches() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(cachePrefix) && name !== cacheName);
  await Promise.all(old.map((name) => caches.delete(name)));
}
