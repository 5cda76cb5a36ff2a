import {
  describeLanguages,
  findWellKnownModel,
  wellKnownModels,
} from "../catalogue/well-known-models.ts";
import { formatBytes } from "../formats/bytes.ts";
import styles from "./speech-transcriber.css?inline";

/** What can be chosen by name; the last choice leaves it to the field below. */
const choices = [
  { value: "embedded", text: "Built in: tiny.en, English" },
  ...wellKnownModels.map((model) => ({
    value: model.name,
    text: `${model.name}: ${describeLanguages(model)}, ${formatBytes(model.sizes.downloadBytes)}`,
  })),
  { value: "", text: "Another …" },
];

/** The files that a text can be taken away as: their endings. */
export const downloadFormats = ["txt", "srt", "vtt"] as const;

export type DownloadFormat = (typeof downloadFormats)[number];

const markup = `
<div id="card" part="card">
  <form id="model-form" autocomplete="off">
    <label for="model">Model</label>
    <select id="model" aria-describedby="model-facts">
      ${choices.map(({ value, text }) => `<option value="${value}">${text}</option>`).join("")}
    </select>
    <div id="other-model" hidden>
      <input id="address" type="text" spellcheck="false" autocapitalize="off" enterkeyhint="go"
        aria-label="Hugging Face id or URL" placeholder="Hugging Face id or URL">
      <button type="submit" aria-label="Load model">Load</button>
    </div>
    <p id="model-facts" class="quiet"></p>
  </form>

  <div id="drop" part="drop">
    <div class="actions">
      <button id="sample" type="button" class="primary">Try the sample</button>
      <button id="choose" type="button">Choose a file</button>
      <button id="record" type="button"><span class="dot" aria-hidden="true"></span><span
        id="record-label">Record</span></button>
      <input id="file" type="file" accept="audio/*,video/*,.wav,.flac,.ogg,.opus" hidden
        aria-label="Audio file">
    </div>
    <p class="quiet">or drop an audio file here</p>
  </div>

  <p id="warning" class="notice" hidden></p>
  <div id="failure" class="notice" role="alert"></div>

  <section id="result" part="result" aria-label="Transcript">
    <p id="text" part="text" dir="auto" aria-live="polite" tabindex="-1"></p>
    <div id="result-bar">
      <span id="timing" class="quiet"></span>
      <div id="take-away" role="group" aria-label="Take the text away" hidden>
        <button id="copy" type="button">Copy</button>
        <button id="txt" type="button" aria-label="Download as text">TXT</button>
        <button id="srt" type="button" aria-label="Download as SRT captions">SRT</button>
        <button id="vtt" type="button" aria-label="Download as WebVTT captions">VTT</button>
      </div>
    </div>
    <div id="activity" hidden>
      <p id="status"></p>
      <button id="cancel" type="button">Cancel</button>
      <div id="progress" class="bar" role="progressbar" aria-labelledby="status" aria-valuemin="0"
        aria-valuemax="100"><span></span></div>
      <div id="level" class="bar" role="meter" aria-label="Microphone level" aria-valuemin="0"
        aria-valuemax="100"><span></span></div>
    </div>
  </section>
  <p id="announcement" class="unseen" role="status"></p>
</div>`;

/** Shared by all elements, and allowed where a page's security policy forbids inline styles. */
const sheet = new CSSStyleSheet();
sheet.replaceSync(styles);

/** The parts of the shadow tree that change or are listened to. */
export type View = Readonly<ReturnType<typeof createView>>;

/** Fills an empty shadow root. */
export function createView(root: ShadowRoot) {
  root.adoptedStyleSheets = [sheet];
  root.innerHTML = markup;
  const part = <Part extends HTMLElement = HTMLElement>(id: string) => {
    return root.getElementById(id) as Part;
  };
  const button = (id: string) => part<HTMLButtonElement>(id);
  return {
    modelForm: part("model-form"),
    model: part<HTMLSelectElement>("model"),
    /** Holds the field for an address. */
    otherModel: part("other-model"),
    address: part<HTMLInputElement>("address"),
    modelFacts: part("model-facts"),
    drop: part("drop"),
    sample: button("sample"),
    choose: button("choose"),
    file: part<HTMLInputElement>("file"),
    record: button("record"),
    recordLabel: part("record-label"),
    activity: part("activity"),
    status: part("status"),
    cancel: button("cancel"),
    progress: part("progress"),
    level: part("level"),
    warning: part("warning"),
    failure: part("failure"),
    text: part("text"),
    resultBar: part("result-bar"),
    timing: part("timing"),
    /** Copy and downloads. */
    takeAway: part("take-away"),
    copy: button("copy"),
    downloads: { txt: button("txt"), srt: button("srt"), vtt: button("vtt") },
    announcement: part("announcement"),
  };
}

/** Makes the chooser show a model: by its name where it has one, unless it was typed. */
export function showModel({ model, otherModel, address }: View, chosen: string): void {
  // A field that went when it is left would take what lies below from under the pointer.
  if (!otherModel.hidden && address.value.trim() === chosen) return;
  model.value = chosen === "embedded" ? chosen : (findWellKnownModel(chosen)?.name ?? "");
  otherModel.hidden = model.value !== "";
  address.value = otherModel.hidden ? "" : chosen;
}
