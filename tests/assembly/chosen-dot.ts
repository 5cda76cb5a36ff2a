// In place of dotHasTwoSteps of assembly/linear/dot-product.ts: the test says which loops run, whatever
// the machine does.

let twoSteps = false;

export function chooseDot(hasTwoSteps: bool): void {
  twoSteps = hasTwoSteps;
}

export function dotHasTwoSteps(): bool {
  return twoSteps;
}
