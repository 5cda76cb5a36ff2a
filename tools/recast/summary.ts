import type { Energies } from "./row-quantiser.ts";
import type { RecastKind } from "./tensor-tasks.ts";

/** What `fwhisper recast` made. */
export interface RecastSummary {
  readonly weights: RecastKind;
  readonly rounding: "nearest" | "error-feedback";
  /** Sizes of the files of weights. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Of all rotated matrices together, and of each kind of layer. */
  readonly total: LayerSummary;
  readonly kinds: readonly LayerSummary[];
}

/** Signal to noise ratios of layers of one kind. */
export interface LayerSummary {
  readonly kind: string;
  readonly layers: number;
  readonly weightsDb: number;
  /** Of the layers' outputs on the calibration recordings; null without. */
  readonly outputsDb: number | null;
}

/** Adds up the energies of layers by kind. */
export class LayerEnergies {
  readonly #kinds = new Map<string, KindEnergies>();
  readonly #total = new KindEnergies();

  add(kind: string, weights: Energies, outputs: Energies | null): void {
    let energies = this.#kinds.get(kind);
    if (energies === undefined) {
      energies = new KindEnergies();
      this.#kinds.set(kind, energies);
    }
    energies.add(weights, outputs);
    this.#total.add(weights, outputs);
  }

  summarise(): Pick<RecastSummary, "total" | "kinds"> {
    return {
      total: this.#total.summarise("all"),
      kinds: [...this.#kinds].map(([kind, energies]) => energies.summarise(kind)),
    };
  }
}

class KindEnergies {
  #layers = 0;
  readonly #weights = { signal: 0, noise: 0 };
  /** Of outputs the ratios are added up: one layer's are of another size than the next one's. */
  #outputsDb = 0;
  #hasOutputs = false;

  add(weights: Energies, outputs: Energies | null): void {
    this.#layers++;
    this.#weights.signal += weights.signal;
    this.#weights.noise += weights.noise;
    if (outputs === null) return;
    this.#hasOutputs = true;
    this.#outputsDb += decibels(outputs);
  }

  summarise(kind: string): LayerSummary {
    return {
      kind,
      layers: this.#layers,
      weightsDb: decibels(this.#weights),
      outputsDb: this.#hasOutputs ? this.#outputsDb / this.#layers : null,
    };
  }
}

function decibels({ signal, noise }: Energies): number {
  return 10 * Math.log10(signal / noise);
}
