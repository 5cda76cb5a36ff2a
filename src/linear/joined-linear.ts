import type { Application, Linear } from "./linear.ts";

/** Layers of one input side by side: their outputs follow each other in every output row. */
export class JoinedLinear implements Linear {
  readonly inputWidth: number;
  readonly outputWidth: number;
  readonly #parts: readonly Linear[];

  constructor(parts: readonly Linear[]) {
    this.#parts = parts;
    this.inputWidth = parts[0]!.inputWidth;
    this.outputWidth = parts.reduce((sum, part) => sum + part.outputWidth, 0);
  }

  apply(input: number, rows: number, output: number, application: Application = {}): void {
    const stride = application.stride ?? this.outputWidth;
    let target = output;
    for (const part of this.#parts) {
      part.apply(input, rows, target, { ...application, stride });
      target += part.outputWidth * 4;
    }
  }
}
