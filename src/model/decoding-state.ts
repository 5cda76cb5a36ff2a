import { OptionError } from "../errors.ts";
import { type AlignmentPass, runAlignmentPass } from "./alignment.ts";
import type { RowsOfCache } from "./attention.ts";
import type { Decoder } from "./decoder.ts";
import type { EncodedAudio } from "./encoder.ts";
import type { KeyValueCache } from "./key-value-cache.ts";
import type { Logits } from "./logits.ts";
import { SequenceSlots } from "./sequence-slots.ts";

/** Tokens fed to one sequence in a pass. */
export interface Feeding {
  readonly sequence: number;
  readonly tokens: readonly number[];
  /** Which of `tokens` (indices) to give logits for. */
  readonly rows: readonly number[];
}

export interface DecodingStateOptions {
  /** Sequences of tokens that each audio is decoded to side by side; default 1. */
  readonly sequences?: number;
  /** Most rows of logits that one pass will ask for; default 2 for each audio, or its sequences. */
  readonly logitRows?: number;
}

/**
 * The state of decoding one window, or several of them together: which tokens were fed to which
 * sequence, and what the layers remember of them. Sequence s hears audio floor(s / sequences).
 */
export class DecodingState {
  /** n_text_ctx: most tokens that can be fed to a sequence. */
  readonly contextLength: number;
  readonly vocabSize: number;
  /** Sequences of each audio. */
  readonly sequences: number;
  readonly #decoder: Decoder;
  /** F32 [logitRows, vocabSize], rows embedding.logitStride apart. */
  readonly #logits: number;
  readonly #logitRows: number;
  readonly #slots: SequenceSlots;
  /** By layer, then by slot. */
  readonly #selfCaches: readonly (readonly KeyValueCache[])[];
  /** By layer, then by audio. */
  readonly #crossCaches: readonly (readonly KeyValueCache[])[];

  /**
   * Projects the audio of one window, or of several, to every layer's cross-attention keys and values.
   * The caches lie on top of the heap: whoever calls marks and releases.
   */
  constructor(
    decoder: Decoder,
    audio: EncodedAudio | readonly EncodedAudio[],
    { sequences = 1, logitRows }: DecodingStateOptions = {},
  ) {
    const { kernels, config, layers, embedding } = decoder;
    const audios = "pointer" in audio ? [audio] : audio;
    const count = audios.length * sequences;
    this.contextLength = config.targetPositions;
    this.vocabSize = config.vocabSize;
    this.sequences = sequences;
    this.#decoder = decoder;
    this.#slots = new SequenceSlots(count);
    this.#logitRows = logitRows ?? Math.max(2 * audios.length, count);
    this.#logits = kernels.heap.allocateF32(this.#logitRows * embedding.logitStride);
    this.#selfCaches = layers.map(() => {
      return Array.from({ length: count }, () => decoder.createCache(this.contextLength));
    });
    this.#crossCaches = layers.map(({ crossAttention }) => {
      return audios.map(({ pointer, positions }) => {
        const cache = decoder.createCache(positions);
        crossAttention.remember(pointer, positions, cache);
        return cache;
      });
    });
  }

  /**
   * Feeds tokens after those fed before to one sequence.
   *
   * @param rows which of `tokens` (indices) to give logits for, at most as many as the state was
   *   made for
   * @returns for each of `rows` its logits, which the next feeding overwrites
   * @throws OptionError for an id outside the vocabulary or more tokens than the context holds
   */
  feed(tokens: readonly number[], rows: readonly number[], sequence = 0): Logits[] {
    return this.pass([{ sequence, tokens, rows }]);
  }

  /**
   * Feeds tokens to several sequences in one pass over the weights. Sequences of one audio are best
   * named next to each other: they look at it together.
   *
   * @returns the logits of all rows asked for, feeding by feeding, which the next pass overwrites
   * @throws OptionError as `feed` does; then nothing was fed
   */
  pass(feedings: readonly Feeding[]): Logits[] {
    const { kernels, config, embedding, layers } = this.#decoder;
    const { heap } = kernels;
    this.#check(feedings);
    const rowBytes = config.width * 4;
    const rows = feedings.reduce((sum, { tokens }) => sum + tokens.length, 0);
    const mark = heap.mark();
    const stream = heap.allocate(rows * rowBytes);
    let end = stream;
    const asked = feedings.flatMap(({ sequence, tokens, rows }) => {
      const start = end;
      this.#decoder.embed(tokens, this.#slots.lengthOf(sequence), start);
      end += tokens.length * rowBytes;
      return rows.map((row) => start + row * rowBytes);
    });
    for (const [i, layer] of layers.entries()) {
      const selfCaches = this.#ownRuns(feedings, this.#selfCaches[i]!);
      layer.apply(stream, rows, selfCaches, this.#sharedRuns(feedings, this.#crossCaches[i]!));
    }
    for (const { sequence, tokens } of feedings) this.#slots.append(sequence, tokens.length);
    const logits = embedding.logits(asked, this.#logits);
    heap.release(mark);
    return logits;
  }

  /**
   * Sequence first + i becomes what sequence sources[i] was; all are of one audio. Caches are copied
   * only where a sequence has several heirs, and then only where they differ.
   */
  reorder(sources: readonly number[], first = 0): void {
    const audio = this.#audioOf(first);
    const last = first + sources.length - 1;
    if ([last, ...sources].some((sequence) => this.#audioOf(sequence) !== audio)) {
      throw new RangeError("reorder: expected sequences of one audio.");
    }
    for (const { source, target, from, to } of this.#slots.reorder(sources, first)) {
      for (const caches of this.#selfCaches) caches[target]!.copyFrom(caches[source]!, from, to);
    }
  }

  /**
   * Runs a pass over `tokens` apart from all that was fed, which stays as it is, and shows where they
   * look in the audio and how probable they are.
   *
   * @throws OptionError as `feed` does
   */
  async align(tokens: readonly number[], pass: AlignmentPass, audio = 0): Promise<void> {
    this.#checkTokens(tokens, 0);
    const crossCaches = this.#crossCaches.map((caches) => caches[audio]!);
    await runAlignmentPass(this.#decoder, crossCaches, tokens, pass);
  }

  /** Forgets every token fed; the audio stays. */
  reset(): void {
    this.#slots.clear();
    for (const caches of this.#selfCaches) for (const cache of caches) cache.clear();
  }

  #audioOf(sequence: number): number {
    return Math.floor(sequence / this.sequences);
  }

  #ownRuns(feedings: readonly Feeding[], caches: readonly KeyValueCache[]): RowsOfCache[] {
    return feedings.map(({ sequence, tokens }) => {
      return { cache: caches[this.#slots.slotOf(sequence)]!, rows: tokens.length };
    });
  }

  /** Neighbours that hear the same audio look at it together. */
  #sharedRuns(feedings: readonly Feeding[], caches: readonly KeyValueCache[]): RowsOfCache[] {
    const runs: { cache: KeyValueCache; rows: number }[] = [];
    for (const { sequence, tokens } of feedings) {
      const cache = caches[this.#audioOf(sequence)]!;
      const last = runs.at(-1);
      if (last?.cache === cache) last.rows += tokens.length;
      else runs.push({ cache, rows: tokens.length });
    }
    return runs;
  }

  #check(feedings: readonly Feeding[]): void {
    const count = this.#crossCaches[0]!.length * this.sequences;
    const named = new Set(feedings.map(({ sequence }) => sequence));
    const isThere = (sequence: number) => sequence >= 0 && sequence < count;
    if (named.size < feedings.length || ![...named].every(isThere)) {
      const found = feedings.map(({ sequence }) => sequence).join(", ");
      throw new RangeError(`sequences: expected different ones of ${count}, found ${found}.`);
    }
    const rows = feedings.reduce((sum, { rows }) => sum + rows.length, 0);
    if (rows > this.#logitRows) {
      throw new RangeError(`logits: expected at most ${this.#logitRows} rows, found ${rows}.`);
    }
    for (const { sequence, tokens } of feedings) {
      this.#checkTokens(tokens, this.#slots.lengthOf(sequence));
    }
  }

  #checkTokens(tokens: readonly number[], fed: number): void {
    const { vocabSize, contextLength } = this;
    const bad = tokens.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
    if (bad >= 0) {
      const message = `Token ids run from 0 to ${vocabSize - 1}; found ${tokens[bad]}.`;
      throw new OptionError(message, { expected: `0 .. ${vocabSize - 1}`, found: tokens[bad] });
    }
    const total = fed + tokens.length;
    if (total > contextLength) {
      const message = `The model's text context holds ${contextLength} tokens; found ${total}. Give fewer tokens.`;
      throw new OptionError(message, { expected: contextLength, found: total });
    }
  }
}
