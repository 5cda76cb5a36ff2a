import type { DecodingPlan } from "./decoding-plan.ts";
import type { Hypothesis } from "./hypothesis.ts";
import { logTotal } from "./log-total.ts";
import type { Search, SearchContext, SearchStep } from "./search.ts";
import type { Feeding, Logits, WindowDecoder } from "./window-decoder.ts";

/** A window to be searched. */
export interface SearchedWindow {
  /** Which of the decoder's windows, from 0. */
  readonly window: number;
  readonly plan: DecodingPlan;
  /** Begins its search; `logits` of what follows the prompt, in the window's sequence 0. */
  readonly begin: (context: SearchContext, logits: Logits) => Search;
}

/** What a search found. */
export interface SearchResult {
  readonly hypotheses: readonly Hypothesis[];
  /** Probability of the no-speech token after the start token; 0 where the model has none. */
  readonly noSpeechProb: number;
}

/** A window that is not finished, and its most promising text so far. */
export interface RunningWindow {
  readonly window: number;
  readonly tokens: readonly number[];
}

/** Called after each pass of the decoder, unless it was the last. May yield, may throw to stop. */
export type StepListener = (running: readonly RunningWindow[]) => Promise<void>;

/**
 * Runs searches of several windows side by side: what they ask of the decoder is computed in one
 * pass, prompts too.
 *
 * @returns for each of `windows` what was found
 */
export async function runSearches(
  decoder: WindowDecoder,
  windows: readonly SearchedWindow[],
  onStep: StepListener,
): Promise<SearchResult[]> {
  const running = windows.map((window) => new RunningSearch(decoder, window));
  decoder.reset();
  let asking: readonly RunningSearch[] = running;
  while (asking.length > 0) {
    const feedings = asking.map((search) => search.feedings);
    const logits = decoder.pass(feedings.flat());
    let from = 0;
    for (const [i, search] of asking.entries()) {
      const to = from + feedings[i]!.reduce((sum, { rows }) => sum + rows.length, 0);
      search.advance(logits.slice(from, to));
      from = to;
    }
    asking = asking.filter(({ result }) => result === null);
    if (asking.length > 0) await onStep(asking);
  }
  return running.map(({ result }) => result!);
}

/** A window's search between two passes of the decoder. */
class RunningSearch implements RunningWindow {
  readonly window: number;
  result: SearchResult | null = null;
  readonly #decoder: WindowDecoder;
  readonly #searched: SearchedWindow;
  readonly #first: number;
  #search: Search | null = null;
  #step: SearchStep | null = null;
  #noSpeechProb = 0;

  constructor(decoder: WindowDecoder, searched: SearchedWindow) {
    this.window = searched.window;
    this.#decoder = decoder;
    this.#searched = searched;
    this.#first = searched.window * decoder.sequences;
  }

  get tokens(): readonly number[] {
    return this.#step?.best ?? [];
  }

  /** What the search wants fed: its prompt, then step after step. */
  get feedings(): Feeding[] {
    const { initialTokens: tokens, startIndex } = this.#searched.plan;
    if (this.#step === null) {
      const last = tokens.length - 1;
      const rows = startIndex === last ? [last] : [last, startIndex];
      return [{ sequence: this.#first, tokens, rows }];
    }
    const { sequences } = this.#step;
    return this.#step.tokens.map((token, i) => {
      return { sequence: this.#first + sequences[i]!, tokens: [token], rows: [0] };
    });
  }

  /** Hands the search the logits of what it wanted fed. */
  advance(logits: readonly Logits[]): void {
    this.#search ??= this.#begin(logits);
    const { done, value } = this.#search.next(logits);
    if (done) this.result = { hypotheses: value, noSpeechProb: this.#noSpeechProb };
    else this.#step = value;
  }

  #begin(logits: readonly Logits[]): Search {
    const { plan, begin } = this.#searched;
    const first = this.#first;
    // Perhaps the row that the search begins with: to be read before the rules mask it.
    this.#noSpeechProb = noSpeechProbability(plan, logits.at(-1)!);
    const room = this.#decoder.contextLength - plan.initialTokens.length + 1;
    const context = {
      plan,
      mostTokens: Math.min(plan.maxTokens, room),
      reorder: (sources: readonly number[]) => {
        const absolute = sources.map((source) => first + source);
        this.#decoder.reorder(absolute, first);
      },
    };
    return begin(context, logits[0]!);
  }
}

function noSpeechProbability({ noSpeech }: DecodingPlan, logits: Logits): number {
  const total = logTotal(logits);
  return noSpeech === null ? 0 : Math.exp(logits.values[noSpeech]! - total);
}
