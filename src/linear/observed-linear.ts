import type { Kernels } from "../kernels/kernels.ts";
import { type Application, type Linear, prepareInput } from "./linear.ts";

/**
 * Sees the input of linear layers before their product. `layers`: names in the checkpoint without
 * "model.", all that share this input. input: F32 [rows, inputWidth] in kernel memory, after the
 * layer norm or GELU, valid during the call; memory taken meanwhile is to be given back.
 */
export type LinearObserver = (layers: readonly string[], input: number, rows: number) => void;

/** A linear layer that shows its input to an observer. */
export class ObservedLinear implements Linear {
  readonly inputWidth: number;
  readonly outputWidth: number;
  readonly #kernels: Kernels;
  readonly #linear: Linear;
  readonly #layers: readonly string[];
  readonly #observe: LinearObserver;

  constructor(
    kernels: Kernels,
    linear: Linear,
    layers: readonly string[],
    observe: LinearObserver,
  ) {
    this.inputWidth = linear.inputWidth;
    this.outputWidth = linear.outputWidth;
    this.#kernels = kernels;
    this.#linear = linear;
    this.#layers = layers;
    this.#observe = observe;
  }

  apply(input: number, rows: number, output: number, application: Application = {}): void {
    const { heap } = this.#kernels;
    const { before, ...product } = application;
    const mark = heap.mark();
    const prepared = prepareInput(this.#kernels, before, input, rows, this.inputWidth);
    this.#observe(this.#layers, prepared, rows);
    this.#linear.apply(prepared, rows, output, product);
    heap.release(mark);
  }
}
