/**
 * The functions of assembly/index.ts as the host sees them. Pointers are byte addresses in linear
 * memory, 16-byte aligned where a row begins; strides count float32 elements. Shapes, units and
 * sources stand at each kernel in assembly/.
 */
export interface KernelExports {
  // heap-base.ts
  heapBase(): number;

  // matmul-f32.ts
  packRowsF32(source: number, rows: number, inner: number, rowStride: number, target: number): void;
  matmulRowsF32(
    a: number,
    aStride: number,
    packed: number,
    panelStride: number,
    bias: number,
    c: number,
    cStride: number,
    rows: number,
    inner: number,
    columns: number,
    accumulate: boolean,
  ): void;

  // attention.ts
  appendKeysValuesF32(
    keys: number,
    values: number,
    rows: number,
    stride: number,
    packedKeys: number,
    packedValues: number,
    position: number,
    capacity: number,
    heads: number,
    headSize: number,
  ): void;
  attentionF32(
    queries: number,
    rows: number,
    packedKeys: number,
    packedValues: number,
    keyCount: number,
    capacity: number,
    heads: number,
    headSize: number,
    causal: boolean,
    output: number,
    scratch: number,
  ): void;

  // conv1d.ts
  conv1dF32(
    input: number,
    frames: number,
    inputChannels: number,
    packed: number,
    bias: number,
    output: number,
    outputChannels: number,
    stride: number,
  ): void;

  // layer-norm.ts, gelu.ts, softmax.ts, add.ts
  layerNormRowsF32(
    input: number,
    rows: number,
    width: number,
    weight: number,
    bias: number,
    output: number,
  ): void;
  geluF32(data: number, count: number): void;
  softmaxRowsF32(data: number, rows: number, columns: number, stride: number, scale: number): void;
  addF32(target: number, source: number, count: number): void;

  // convert.ts
  convertF16ToF32(source: number, target: number, count: number): void;
  convertBF16ToF32(source: number, target: number, count: number): void;

  // fwht.ts, hadamard.ts, cascade.ts
  fwhtRowsF32(data: number, rows: number, n: number, scale: number): void;
  hadamardRowsF32(data: number, rows: number, n: number): void;
  cascadeRowsF32(
    input: number,
    rows: number,
    inputWidth: number,
    scales: number,
    permutations: number,
    stages: number,
    n: number,
    bias: number,
    output: number,
    outputWidth: number,
    scratch: number,
  ): void;

  // fft.ts, mel.ts
  realFftF32x4(
    data: number,
    n: number,
    factors: number,
    factorCount: number,
    twiddles: number,
    scratch: number,
  ): void;
  logMelRowsF32(
    samples: number,
    frameCount: number,
    hop: number,
    window: number,
    n: number,
    factors: number,
    factorCount: number,
    twiddles: number,
    filterRuns: number,
    filterWeights: number,
    melBins: number,
    output: number,
    largestPower: number,
    scratch: number,
  ): void;
  normaliseLogMelF32(data: number, count: number, floor: number): void;
}
