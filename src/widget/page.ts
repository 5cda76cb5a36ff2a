/** What the page has besides the element: it keeps and isolates itself by a service worker. */

import "./element.ts";

/** Signs of a user who has begun something: what that is must not be lost. */
const begins = ["pointerdown", "keydown", "dragenter", "input"] as const;

// Only the built page has files with hashes in their names, which can be kept for good.
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  isolatePage();
  const script = new URL("service-worker.js", document.baseURI);
  navigator.serviceWorker.register(script).catch((reason) => {
    console.warn("The page will not work offline:", reason);
  });
}

/**
 * A page whose server does not isolate it comes isolated, and so with threads, from the service
 * worker. When that takes over for the first time the page is loaded once more, unless its user has
 * begun something: then it stays as it is, on one thread, until it is next opened.
 */
function isolatePage(): void {
  // A frame is isolated only if the page around it is, which is not for us to say.
  if (crossOriginIsolated || window.top !== window) return;
  let begun = navigator.userActivation?.hasBeenActive ?? false;
  for (const type of begins) {
    addEventListener(type, () => (begun = true), { once: true, capture: true });
  }
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!begun && isFirstTry()) location.reload();
  });
}

/**
 * A page that is not isolated though it came from the service worker never will be: that it was
 * tried is kept for the tab. false where the tab cannot remember, or it might load without end.
 */
function isFirstTry(): boolean {
  // One origin may have several such pages.
  const triedKey = `fwhisper isolation tried ${new URL("./", document.baseURI)}`;
  try {
    if (sessionStorage.getItem(triedKey) !== null) return false;
    sessionStorage.setItem(triedKey, "yes");
    return sessionStorage.getItem(triedKey) !== null;
  } catch {
    return false;
  }
}
