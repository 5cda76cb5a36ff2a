/** What the page has besides the element: it keeps itself for use without a network. */

import "./element.ts";

// Only the built page has files with hashes in their names, which can be kept for good.
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  const script = new URL("service-worker.js", document.baseURI);
  navigator.serviceWorker.register(script).catch((reason) => {
    console.warn("The page will not work offline:", reason);
  });
}
