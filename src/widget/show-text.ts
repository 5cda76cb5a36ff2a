import type { Heard } from "./state.ts";

/** Characters (UTF-16 units) from which text is set small, in a box that scrolls. */
const longText = 300;
/** So near to its end, in pixels, a box follows what is added. */
const nearEnd = 40;

/**
 * Shows final text, and greyed behind it what may still change. Direction is that of the first letters
 * (`dir="auto"`); the language is for fonts, hyphens and voices.
 */
export function showText(box: HTMLElement, { text, partial, language }: Heard): void {
  box.lang = language ?? "";
  const [final, open] = parts(box);
  const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < nearEnd;
  // Hours of text grow by a piece at a time: what is there is left alone.
  if (final.data !== text) {
    if (text.startsWith(final.data)) final.appendData(text.slice(final.length));
    else final.data = text;
  }
  const rest = text === "" ? partial.trimStart() : partial;
  if (rest === "") open.remove();
  else if (open.textContent !== rest || !open.isConnected) {
    open.textContent = rest;
    box.append(open);
  }
  box.classList.toggle("long", text.length + rest.length > longText);
  if (isAtEnd) box.scrollTop = box.scrollHeight;
}

interface Parts {
  readonly final: Text;
  readonly open: HTMLElement;
}

const partsOf = new WeakMap<HTMLElement, Parts>();

/** A text node for what is final, and an element for the rest, which is in the box when there is some. */
function parts(box: HTMLElement): [Text, HTMLElement] {
  let known = partsOf.get(box);
  if (known === undefined) {
    const open = document.createElement("span");
    open.className = "partial";
    known = { final: document.createTextNode(""), open };
    box.replaceChildren(known.final);
    partsOf.set(box, known);
  }
  return [known.final, known.open];
}
