import { languageNames } from "../src/tokenizer/languages.ts";
import { byteCharacters } from "../src/tokenizer/vocabulary.ts";
import { configOf, type ShapeName } from "./shapes.ts";

/** Text tokens of Whisper's multilingual vocabulary: their markers begin behind them. */
const TEXT_TOKENS = 50257;
const TIMESTAMPS = 1501;

/** The small files of a model of that shape in the Hugging Face layout, by name, as JSON. */
export function modelFiles(shape: ShapeName): Readonly<Record<string, unknown>> {
  const config = configOf(shape);
  const markers = markersOf(config.vocab_size);
  const id = (marker: string) => TEXT_TOKENS + markers.indexOf(marker);
  const languages = markers.filter((marker) => /^<\|[a-z]{2,3}\|>$/.test(marker));
  const ids = {
    bos_token_id: id("<|endoftext|>"),
    eos_token_id: id("<|endoftext|>"),
    pad_token_id: id("<|endoftext|>"),
    decoder_start_token_id: id("<|startoftranscript|>"),
  };
  return {
    "config.json": { architectures: ["WhisperForConditionalGeneration"], ...config, ...ids },
    "generation_config.json": {
      ...ids,
      is_multilingual: true,
      lang_to_id: Object.fromEntries(languages.map((language) => [language, id(language)])),
      task_to_id: { translate: id("<|translate|>"), transcribe: id("<|transcribe|>") },
      no_timestamps_token_id: id("<|notimestamps|>"),
      max_length: config.max_target_positions,
      suppress_tokens: [],
      begin_suppress_tokens: [],
    },
    "preprocessor_config.json": {
      feature_extractor_type: "WhisperFeatureExtractor",
      processor_class: "WhisperProcessor",
      feature_size: config.num_mel_bins,
      sampling_rate: 16000,
      n_fft: 400,
      hop_length: 160,
      chunk_length: 30,
      n_samples: 480000,
      nb_max_frames: 3000,
      padding_side: "right",
      padding_value: 0,
      return_attention_mask: false,
    },
    "tokenizer.json": tokenizer(markers),
    "tokenizer_config.json": {
      tokenizer_class: "WhisperTokenizer",
      bos_token: "<|endoftext|>",
      eos_token: "<|endoftext|>",
      unk_token: "<|endoftext|>",
    },
  };
}

/** Whisper's markers in the order of their ids (openai/whisper, tokenizer.py); the last are times. */
function markersOf(vocabSize: number): string[] {
  const tasks = ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"];
  const languageCount = vocabSize - TEXT_TOKENS - 2 - tasks.length - TIMESTAMPS;
  const languages = [...languageNames.keys()].slice(0, languageCount);
  const times = Array.from({ length: TIMESTAMPS }, (_, i) => (i * 0.02).toFixed(2));
  return ["endoftext", "startoftranscript", ...languages, ...tasks, ...times].map(
    (name) => `<|${name}|>`,
  );
}

/** A byte-level BPE of the true size that can write any text: all bytes, then pairs of them. */
function tokenizer(markers: readonly string[]): unknown {
  const vocab: Record<string, number> = {};
  const merges: string[] = [];
  // An object would put "0" to "9" first: their ids are given, not counted.
  for (const [byte, character] of byteCharacters.entries()) vocab[character] = byte;
  for (let i = 0; byteCharacters.length + i < TEXT_TOKENS; i++) {
    const left = byteCharacters[i >> 8]!;
    const right = byteCharacters[i & 255]!;
    merges.push(`${left} ${right}`);
    vocab[left + right] = byteCharacters.length + i;
  }
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: markers.map((content, i) => ({
      id: TEXT_TOKENS + i,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: "ByteLevel",
      add_prefix_space: false,
      trim_offsets: true,
      use_regex: true,
    },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      vocab,
      merges,
    },
  };
}
