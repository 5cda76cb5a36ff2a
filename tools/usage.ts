import { decodingOptions, type Option } from "../src/options/option-table.ts";
import { flagsByOption } from "./decoding-flags.ts";

/** A flag's line of at most 100 characters; behind a last "default" follows that of the option. */
function flag(option: keyof typeof flagsByOption, help: string): string {
  const { name, value } = flagsByOption[option];
  const flag = `      --${name} ${value}`;
  const width = [26, 32, 41].find((columns) => flag.length <= columns) ?? 0;
  const rest = help.endsWith("default") ? `${help} ${defaultOf(option)}` : help;
  const [, line, more] = /^(.{1,100})(?: (.+))?$/.exec(`${flag.padEnd(width)}  ${rest}`)!;
  return more === undefined ? line! : `${line}\n${" ".repeat(28)}${more}`;
}

/** As Python writes it. */
function defaultOf(option: string): string {
  const { default: value } = decodingOptions[option as keyof typeof decodingOptions] as Option;
  if (typeof value === "boolean") return value ? "True" : "False";
  return value === null ? "None" : String(value);
}

/** What `fwhisper --help` prints, by command. */
const sections = {
  transcribe: `
  transcribe AUDIO...   speech to text, printed; of several recordings behind their names;
                        AUDIO may be - for what comes in
      --model M             embedded (default: OpenAI's tiny.en, shipped with fwhisper), a folder,
                            or a short name (see models), Hugging Face id or URL, whose files are
                            downloaded each time: nothing is kept
      --weights W           f32, int8 or int4; default: int8, but f32 for small models
      --threads N           default: all processors of a small machine, half of a larger one

    What is asked of the model:
${flag("language", "code or English name of the spoken language; default: detected")}
${flag("task", "transcribe or translate (to English); default")}
${flag("timestamps", "none, segment or word; default")}
${flag("hasWords", "the same as --timestamps word")}
${flag("initialPrompt", "what the recording follows: names, spelling, style")}
${flag("carryInitialPrompt", "repeat it in front of every window; default")}
${flag("conditionOnPreviousText", "tell a window of the text before it; default")}
${flag("clipTimestamps", "recognise only from S to E seconds; the last end may be missing")}
${flag("voiceActivity", "cut silence first; default")}
${flag("batchSize", "with it: windows of speech decoded together; default")}
${flag("encoderContext", "full or trimmed; default: what the model was trained for")}

    How text is searched for:
${flag("temperature", "0 takes what is most probable, more samples; default")}
${flag("temperatureIncrement", "from --temperature, X more where text looks wrong, up to 1; None: never")}
${flag("beamSize", "hypotheses kept at temperature 0; default: one")}
${flag("patience", "search until N * X of them are finished; default")}
${flag("bestOf", "samples drawn above temperature 0; default")}
${flag("seed", "of the samples; default")}
${flag("lengthPenalty", "0 to 1; default: by plain length")}
${flag("suppressTokens", 'never these; -1 (default): the model\'s list; "": all are allowed')}
${flag("suppressBlank", "no empty text; default")}
${flag("maxInitialTimestamp", "latest first timestamp, seconds, or None; default")}
${flag("maxTokens", "in a window; default: half of the model's context")}
${flag("prompt", "token ids before the text")}
${flag("prefix", "token ids that the text begins with")}

    When text looks wrong, each may be None:
${flag("compressionRatioThreshold", "text that compresses better repeats itself; default")}
${flag("logProbThreshold", "mean log-probability that is too low; default")}
${flag("noSpeechThreshold", "probability of silence that is too high; default")}
${flag("hallucinationSilenceThreshold", "with word times: skip silence of X seconds around text that looks invented; default")}

    What comes out:
      -f, --output_format F   txt, vtt, srt, tsv, json or all: written to files named after the
                              recording, with segments where the model can tell them
      -o, --output_dir DIR    where they are written; default: here
      --max_line_width N, --max_line_count N, --max_words_per_line N, --highlight_words B
                              captions by words: needs word times
${flag("prependPunctuations", "punctuation that belongs to the next word")}
${flag("appendPunctuations", "punctuation that belongs to the last word")}
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
