// Caches the files of one build of the page, so that it works offline. The build replaces the two placeholders.
const prefix = `holdfast ${registration.scope} `;
const cacheName = `${prefix}__VERSION__`;
const files = __FILES__.filter((file) => !file.endsWith(unpacksBrotli() ? ".wasm.gz" : ".wasm.br"));

addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(cacheName)
      .then((cache) => cache.addAll(files))
      .then(() => skipWaiting()),
  );
});

addEventListener("activate", (event) => {
  event.waitUntil(deleteOtherBuilds().then(() => clients.claim()));
});

/** Serves files from the cache. The document comes from the server if it is reachable, so that users get new builds. */
addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") {
    return;
  }
  event.respondWith(
    request.mode === "navigate"
      ? fetch(request).catch(() => cached("./"))
      : cached(request).then((response) => response ?? fetch(request)),
  );
});

/** Says which packed module the page fetches. */
function unpacksBrotli() {
  try {
    new DecompressionStream("brotli");
    return true;
  } catch {
    return false;
  }
}

async function cached(request) {
  return (await caches.open(cacheName)).match(request, { ignoreSearch: true });
}

/** Deletes the caches of other builds of the page at this URL. */
async function deleteOtherBuilds() {
  const names = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== cacheName);
  await Promise.all(names.map((name) => caches.delete(name)));
}
