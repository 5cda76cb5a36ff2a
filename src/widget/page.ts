/** What the page has besides the element: it keeps and isolates itself by a service worker. */

import "./element.ts";
import { isolatePage } from "./isolate-page.ts";

// Only the built page has files with hashes in their names, which can be kept for good.
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  isolatePage();
  const script = new URL("service-worker.js", document.baseURI);
  navigator.serviceWorker.register(script).catch((reason) => {
    console.warn("The page will not work offline:", reason);
  });
}
