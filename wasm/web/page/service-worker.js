// Keeps every file of one build of the page, so that it works without a network. The build fills in which.
const here = `holdfast ${registration.scope} `;
const cacheName = `${here}__VERSION__`;
const files = __FILES__;

addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(cacheName)
      .then((cache) => cache.addAll(files))
      .then(() => skipWaiting()),
  );
});

addEventListener("activate", (event) => {
  event.waitUntil(forgetOthers().then(() => clients.claim()));
});

/** Gives out what is kept; the page itself from where it is served while that can be reached, so that a new build is found. */
addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") {
    return;
  }
  event.respondWith(
    request.mode === "navigate"
      ? fetch(request).catch(() => kept("./"))
      : kept(request).then((response) => response ?? fetch(request)),
  );
});

async function kept(request) {
  return (await caches.open(cacheName)).match(request, { ignoreSearch: true });
}

/** Other builds of the page at this place. */
async function forgetOthers() {
  const names = (await caches.keys()).filter((name) => name.startsWith(here) && name !== cacheName);
  await Promise.all(names.map((name) => caches.delete(name)));
}
