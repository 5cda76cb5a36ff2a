import { acceptsAudio, type Heard, isBusy, type WidgetState } from "./state.ts";
import { describeActivity, describeModel, describeTiming, meterFraction } from "./status-text.ts";
import type { View } from "./template.ts";

/** Makes the view show the state. */
export function render(view: View, state: WidgetState): void {
  renderActions(view, state);
  renderActivity(view, state);
  renderNotices(view, state);
  renderResult(view, state);
}

function renderActions(view: View, state: WidgetState): void {
  const recording = state.activity.phase === "recording";
  const open = acceptsAudio(state);
  // Not `disabled`: that would take the focus from the button that was just pressed.
  setFlag(view.sample, "aria-disabled", !open);
  setFlag(view.choose, "aria-disabled", !open);
  setFlag(view.record, "aria-disabled", !open && !recording);
  view.record.classList.toggle("recording", recording);
  setText(view.recordLabel, recording ? "Stop" : "Record");
  setText(view.modelFacts, describeModel(state.model));
}

function renderActivity(view: View, state: WidgetState): void {
  const { activity } = state;
  const status = describeActivity(activity);
  const hadFocus = (view.cancel.getRootNode() as ShadowRoot).activeElement === view.cancel;
  view.activity.hidden = !isBusy(state);
  view.resultBar.hidden = isBusy(state);
  if (view.activity.hidden && hadFocus) view.text.focus();
  setText(view.status, status.text);

  view.progress.hidden = status.fraction === undefined;
  setBar(view.progress, status.fraction ?? null);
  view.level.hidden = activity.phase !== "recording";
  setBar(view.level, activity.phase === "recording" ? meterFraction(activity.level) : 0);
  setText(view.announcement, announcement(state));
}

function renderNotices(view: View, { warning, audioWarning, failure }: WidgetState): void {
  const warnings = [warning, audioWarning].filter((text) => text !== null).join(" ");
  view.warning.hidden = warnings === "";
  setText(view.warning, warnings);
  const words = failure === null ? "" : `${failure.title}. ${failure.message}`;
  if (view.failure.textContent === words) return;
  view.failure.replaceChildren();
  if (failure === null) return;
  const title = document.createElement("strong");
  title.textContent = `${failure.title}. `;
  view.failure.append(title, failure.message);
}

function renderResult(view: View, { activity, heard, transcript }: WidgetState): void {
  showText(view.text, heard);
  // Screen readers wait for the end instead of reading every partial text; a microphone would hear them.
  setFlag(view.text, "aria-busy", worksOnAudio.has(activity.phase));
  view.text.dataset.empty = transcript === null ? "The text appears here." : "No speech was heard.";
  view.takeAway.hidden = heard.text === "";
  setText(
    view.timing,
    transcript === null ? "" : describeTiming(transcript.timing, transcript.duration),
  );
}

/** Characters (UTF-16 units) from which text is set small, in a box that scrolls. */
const longText = 300;
/** So near to its end, in pixels, a box follows what is added. */
const nearEnd = 40;

/**
 * Shows final text, and greyed behind it what may still change. Direction is that of the first letters
 * (`dir="auto"`); the language is for fonts, hyphens and voices.
 */
function showText(box: HTMLElement, { text, partial, language }: Heard): void {
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

const worksOnAudio: ReadonlySet<string> = new Set(["recording", "finishing", "transcribing"]);

/** Said aloud by screen readers when it changes: the phase only, never a count of bytes. */
function announcement({ activity, transcript }: WidgetState): string {
  switch (activity.phase) {
    case "loading":
      return "Loading the model.";
    case "transcribing":
      return "Transcribing.";
    case "asking":
      return "Waiting for the microphone.";
    case "recording":
      return "Recording. Press Stop to end.";
    case "finishing":
      return "Recognising the rest.";
    case "idle":
      return transcript === null ? "" : "Done.";
  }
}

function setText(element: HTMLElement, text: string): void {
  // Assigning the same text again would make live regions speak again.
  if (element.textContent !== text) element.textContent = text;
}

function setFlag(element: HTMLElement, attribute: string, value: boolean): void {
  element.setAttribute(attribute, String(value));
}

/** `fraction`: 0..1, or null for a bar whose end is not known. */
function setBar(bar: HTMLElement, fraction: number | null): void {
  bar.classList.toggle("endless", fraction === null);
  const percent = Math.round((fraction ?? 0) * 100);
  if (fraction === null) bar.removeAttribute("aria-valuenow");
  else bar.setAttribute("aria-valuenow", String(percent));
  bar.style.setProperty("--filled", `${percent}%`);
}
