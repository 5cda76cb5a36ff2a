import { decodingOptions, type Option } from "../src/options/option-table.ts";
import type { DecodingOptions } from "../src/options/options.ts";
import { flagsByOption } from "./decoding-flags.ts";

/** What options are where they are left out, as Python writes it. */
const defaults = Object.fromEntries(
  Object.entries<Option>(decodingOptions).map(([name, { default: value }]) => {
    if (typeof value === "boolean") return [name, value ? "True" : "False"];
    return [name, value === null ? "None" : String(value)];
  }),
) as Readonly<Record<keyof DecodingOptions, string>>;

const asked = {
  language: "code or English name of the spoken language; default: detected",
  task: `transcribe or translate (to English); default ${defaults.task}`,
  timestamps: `none, segment or word; default ${defaults.timestamps}`,
  hasWords: "the same as --timestamps word",
  initialPrompt: "what the recording follows: names, spelling, style",
  carryInitialPrompt: `repeat it in front of every window; default ${defaults.carryInitialPrompt}`,
  conditionOnPreviousText: `tell a window of the text before it; default ${defaults.conditionOnPreviousText}`,
  clipTimestamps: "recognise only from S to E seconds; the last end may be missing",
  voiceActivity: `cut silence first; default ${defaults.voiceActivity}`,
  batchSize: `with it: windows of speech decoded together; default ${defaults.batchSize}`,
  encoderContext: "full or trimmed; default: what the model was trained for",
};

const search = {
  temperature: `0 takes what is most probable, more samples; default ${defaults.temperature}`,
  temperatureIncrement: "try X more where text looks wrong, up to 1; default None: never",
  beamSize: "hypotheses kept at temperature 0; default: one",
  patience: `search until N * X of them are finished; default ${defaults.patience}`,
  bestOf: `samples drawn above temperature 0; default ${defaults.bestOf}`,
  seed: `of the samples; default ${defaults.seed}`,
  lengthPenalty: "0 to 1; default: by plain length",
  suppressTokens: 'never these; -1 (default): the model\'s list; "": all are allowed',
  suppressBlank: `no empty text; default ${defaults.suppressBlank}`,
  maxInitialTimestamp: `latest first timestamp, seconds, or None; default ${defaults.maxInitialTimestamp}`,
  maxTokens: "in a window; default: half of the model's context",
  prompt: "token ids before the text",
  prefix: "token ids that the text begins with",
};

const doubts = {
  compressionRatioThreshold: `text that compresses better repeats itself; default ${defaults.compressionRatioThreshold}`,
  logProbThreshold: `mean log-probability that is too low; default ${defaults.logProbThreshold}`,
  noSpeechThreshold: `probability of silence that is too high; default ${defaults.noSpeechThreshold}`,
  hallucinationSilenceThreshold: `with word times: skip silence of X seconds around text that looks invented; default ${defaults.hallucinationSilenceThreshold}`,
};

const punctuation = {
  prependPunctuations: "punctuation that belongs to the next word",
  appendPunctuations: "punctuation that belongs to the last word",
};

const help: Readonly<Record<keyof typeof flagsByOption, string>> = {
  ...asked,
  ...search,
  ...doubts,
  ...punctuation,
};

/** Lines of at most 100 characters for the options of a section. */
function describe(section: object): string {
  const options = Object.keys(section) as (keyof typeof flagsByOption)[];
  const lines = options.map((option) => {
    const { name, value } = flagsByOption[option];
    const flag = `      --${name} ${value}`;
    const width = [26, 32, 41].find((columns) => flag.length <= columns) ?? 0;
    const line = `${flag.padEnd(width)}  ${help[option]}`;
    const [, fits, rest] = /^(.{1,100})(?: (.+))?$/.exec(line)!;
    return rest === undefined ? fits : `${fits}\n${" ".repeat(28)}${rest}`;
  });
  return lines.join("\n");
}

/** What `fwhisper --help` prints, by command. */
const sections = {
  transcribe: `
  transcribe AUDIO...   speech to text, printed; with several recordings, behind their names
      --model M             embedded (default: OpenAI's tiny.en, shipped with fwhisper), a folder,
                            or a short name (see models), Hugging Face id or URL, whose files are
                            downloaded each time: nothing is kept
      --weights W           f32, int8 or int4; default: int8, but f32 for small models
      --threads N           default: all processors of a small machine, half of a larger one

    What is asked of the model:
${describe(asked)}

    How text is searched for:
${describe(search)}

    When text looks wrong, each may be None:
${describe(doubts)}

    What comes out:
      -f, --output_format F   txt, vtt, srt, tsv, json or all: written to files named after the
                              recording, with segments where the model can tell them
      -o, --output_dir DIR    where they are written; default: here
      --max_line_width N, --max_line_count N, --max_words_per_line N, --highlight_words B
                              captions by words: needs word times
${describe(punctuation)}
      --json                  print the whole result as JSON, a line for each recording
      --verbose B             print segments on stderr as they come

    Flags with an underscore are openai/whisper's; --beam-size is the same as --beam_size. B is True
    or False; without it, True.
`,
  models: `
  models                well-known models by short name: languages, bytes to download, and memory
                        for each kind of weights
      --json                the same and more, as JSON
`,
  evaluate: `
  evaluate MANIFEST     error rate over recordings: JSON lines of {"audio", "text"}, or a folder
                        with a .txt beside each recording
      --model M             as above
      --unit U              word (default) or character
      --normaliser N        what texts are compared after: none (default), basic or english
      --weights W, --threads N  as above
      --json                totals and every recording as JSON
      --language L, --beam_size N, ...  how it is recognised: as transcribe, but for what comes out
`,
  inspect: `
  inspect AUDIO         one stage of the pipeline as raw little-endian float32
      --stage S             log-mel, encoder, logits or fwht
      --out FILE            where the numbers go; their shape is printed as JSON
      --model M             as above
      --no-pad              take the audio as it is, not padded to a whole window
      --weights W           encoder, logits: f32 (default), int8 or int4
      --threads N           as above
      --pcm                 AUDIO is raw float32 at the model's sample rate
      --mels N              log-mel: this many mel bins in place of the model's
      --tokens 1,2,3        logits: the tokens fed, one row of logits each
      --n N --raw           fwht: AUDIO is raw float32 rows of N; --raw leaves out 1/sqrt(N)
`,
  recast: `
  recast MODEL OUT      the model with rotated and rounded matrices, as a folder: fewer bytes
                        to download, and nothing left to do when it is loaded. Prints what each
                        layer became: bits and bytes in the file, how far its outputs lie above
                        their error, its share of what the model loses
      --weights W           int8 (default) or int4: how it runs
      --coded               what runs as int8 is entropy-coded in the file: 3 to 6 bits a weight
      --budget BYTES        the model nearest to float32 in a file of so many bytes (20MB)
      --max-kl X            the smallest file that is so near to float32: Kullback-Leibler
                            divergence of the next token, nats, on the recordings
      --calibrate AUDIO     a recording, or a folder of them: weights are rounded with error
                            feedback for what layers meet in them; may be given several times;
                            default: the bundled sample. Minutes of speech like yours do better.
                            none: rounded to nearest, as when a model is rounded while it loads
      --force               replace the model in OUT
      --json                what was made as JSON
`,
  tokenize: `
  tokenize TEXT         text to token ids; TEXT may be anything, "--" and "--help" too
      --model M             as above
      --decode 1,2,3        ids to text instead
`,
} as const;

/** The usage of all commands; of one only, where there is one of that name. */
export function usage(command?: string): string {
  const isOne = command !== undefined && Object.hasOwn(sections, command);
  if (!isOne) return `Usage: fwhisper <command> [options]\n${Object.values(sections).join("")}`;
  const section = sections[command as keyof typeof sections];
  return `Usage: fwhisper ${command} [options]\n${section.replaceAll("as above", "as for transcribe")}`;
}
