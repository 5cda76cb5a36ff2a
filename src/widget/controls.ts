import { type DownloadFormat, downloadFormats, type View } from "./template.ts";

/** What a person can ask for. */
interface Actions {
  transcribeSample(): void;
  transcribeFile(file: File): void;
  toggleRecording(): void;
  cancel(): void;
  download(format: DownloadFormat): void;
  chooseModel(model: string): void;
  loadModel(): void;
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
    view.downloads[format].addEventListener("click", () => actions.download(format));
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
