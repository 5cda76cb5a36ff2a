import { toSRT, toVTT } from "../formats/captions.ts";
import { toText } from "../formats/text.ts";
import type { Segment } from "../results.ts";
import { type DownloadFormat, downloadFormats, type View } from "./template.ts";

/** What a person can ask for, and what there is to take away. */
interface Actions {
  transcribeSample(): void;
  transcribeFile(file: File): void;
  toggleRecording(): void;
  cancel(): void;
  chooseModel(model: string): void;
  loadModel(): void;
  finalSegments(): readonly Segment[];
}

/** Wires the controls of the view to the actions. */
export function listenToControls(view: View, actions: Actions): void {
  view.sample.addEventListener("click", ifEnabled(actions.transcribeSample));
  view.choose.addEventListener(
    "click",
    ifEnabled(() => view.file.click()),
  );
  view.record.addEventListener("click", ifEnabled(actions.toggleRecording));
  view.cancel.addEventListener("click", () => actions.cancel());
  view.file.addEventListener("change", () => {
    const file = view.file.files?.[0];
    view.file.value = ""; // so that the same file can be chosen again
    if (file !== undefined) actions.transcribeFile(file);
  });
  listenToModelChooser(view, actions);
  listenToDrop(view, actions);
  view.copy.addEventListener("click", () => void copyText(view));
  for (const format of downloadFormats) {
    view.downloads[format].addEventListener("click", () => {
      downloadText(actions.finalSegments(), format);
    });
  }
}

function ifEnabled(action: () => void): (event: Event) => void {
  return ({ currentTarget }) => {
    if ((currentTarget as HTMLElement).ariaDisabled !== "true") action();
  };
}

function listenToModelChooser(view: View, actions: Actions): void {
  const { model, otherModel, address, modelForm } = view;
  model.addEventListener("change", () => {
    otherModel.hidden = model.value !== "";
    if (!otherModel.hidden) return address.focus();
    actions.chooseModel(model.value);
    actions.loadModel();
  });
  const chooseTyped = () => {
    const name = address.value.trim();
    if (name !== "") actions.chooseModel(name);
  };
  address.addEventListener("change", chooseTyped);
  modelForm.addEventListener("submit", (event) => {
    event.preventDefault();
    chooseTyped();
    actions.loadModel();
  });
}

function listenToDrop({ drop, sample }: View, actions: Actions): void {
  const accepts = (event: DragEvent) =>
    sample.ariaDisabled !== "true" && event.dataTransfer?.types.includes("Files") === true;
  for (const type of ["dragenter", "dragover"] as const) {
    drop.addEventListener(type, (event) => {
      if (!accepts(event)) return;
      event.preventDefault(); // this is how a page says that it takes the drop
      drop.classList.add("over");
    });
  }
  drop.addEventListener("dragleave", (event) => {
    if (!drop.contains(event.relatedTarget as Node | null)) drop.classList.remove("over");
  });
  drop.addEventListener("drop", (event) => {
    drop.classList.remove("over");
    if (!accepts(event)) return;
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) actions.transcribeFile(file);
  });
}

async function copyText({ copy, text }: View): Promise<void> {
  try {
    await navigator.clipboard.writeText(text.textContent);
    copy.textContent = "Copied";
  } catch {
    // No clipboard without HTTPS, or not allowed: leave the text selected for the keyboard.
    getSelection()?.selectAllChildren(text);
    copy.textContent = "Press Ctrl+C";
  }
  setTimeout(() => {
    copy.textContent = "Copy";
  }, 2000);
}

const formats: Readonly<Record<DownloadFormat, { type: string; write: typeof toText }>> = {
  txt: { type: "text/plain", write: toText },
  srt: { type: "application/x-subrip", write: toSRT },
  vtt: { type: "text/vtt", write: toVTT },
};

/** Lets the browser save segments as a file. */
function downloadText(segments: readonly Segment[], format: DownloadFormat): void {
  const { type, write } = formats[format];
  const spoken = segments.filter(({ text }) => text !== "");
  const url = URL.createObjectURL(new Blob([write({ segments: spoken })], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `transcript.${format}`;
  link.click();
  // Some browsers begin to read only after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
