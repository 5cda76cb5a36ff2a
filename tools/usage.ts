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
      --language L          code or English name of the spoken language; default: detected
      --task T              transcribe (default) or translate (to English)
      --timestamps T        none (default), segment or word
      --word_timestamps B   the same as --timestamps word
      --initial_prompt TEXT       what the recording follows: names, spelling, style
      --carry_initial_prompt B    repeat it in front of every window; default False
      --condition_on_previous_text B  tell a window of the text before it; default True
      --clip_timestamps S,E,...   recognise only from S to E seconds; the last end may be missing
      --voice-activity B    cut silence first; default False
      --batch-size N        with it: windows of speech decoded together; default 1
      --encoder-context C   full or trimmed; default: what the model was trained for

    How text is searched for:
      --temperature X       0 (default) takes what is most probable, more samples
      --temperature_increment_on_fallback X  try X more where text looks wrong, up to 1; default
                            None: never
      --beam_size N         hypotheses kept at temperature 0; default: one
      --patience X          search until N * X of them are finished; default 1
      --best_of N           samples drawn above temperature 0; default: one
      --seed N              of the samples; default 0
      --length_penalty X    0 to 1; default: by plain length
      --suppress_tokens IDS       never these; -1 (default): the model's list; "": all are allowed
      --suppress-blank B    no empty text; default True
      --max-initial-timestamp X   latest first timestamp, seconds, or None; default 1
      --max-tokens N        in a window; default: half of the model's context
      --prompt IDS, --prefix IDS  token ids before the text, and those it begins with

    When text looks wrong, each may be None:
      --compression_ratio_threshold X      text that compresses better repeats itself; default 2.4
      --logprob_threshold X                mean log-probability that is too low; default -1
      --no_speech_threshold X              probability of silence that is too high; default 0.6
      --hallucination_silence_threshold X  with word times: skip silence of X seconds around text
                                           that looks invented; default None

    What comes out:
      -f, --output_format F   txt, vtt, srt, tsv, json or all: written to files named after the
                              recording, with segments where the model can tell them
      -o, --output_dir DIR    where they are written; default: here
      --max_line_width N, --max_line_count N, --max_words_per_line N, --highlight_words B
                              captions by words: needs word times
      --prepend_punctuations CHARS, --append_punctuations CHARS
                              punctuation that belongs to the next, or to the last word
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
