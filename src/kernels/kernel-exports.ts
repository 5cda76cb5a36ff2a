/**
 * The functions of assembly/index.ts as the host sees them. Pointers are byte addresses in linear
 * memory, 16-byte aligned where a row begins; strides count float32 elements. Shapes, units and
 * sources stand at each kernel in assembly/.
 */
export interface KernelExports {
  // parallel.ts
  heapBase(): number;
  resetThreads(): void;
  setThreads(count: number): void;
  /** Truthy: to be called again. */
  serveKernels(thread: number): number;
  /** To be called by a thread whose serveKernels threw: the job's caller traps then too. */
  failThread(): void;
  stopThreads(): void;

  // self-test.ts
  /** 0 or 1. */
  selfTest(scratch: number): number;

  // pack-f32.ts, matmul-f32.ts
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

  // input-step.ts, dense-linear.ts, rotated-linear.ts; step: 0 none, 1 layer norm, 2 GELU, 3 fast GELU
  inputStepRowsF32(
    step: number,
    normWeight: number,
    normBias: number,
    input: number,
    rows: number,
    inner: number,
    output: number,
  ): void;
  denseLinearScratch(inner: number): number;
  denseLinearRows(
    input: number,
    rows: number,
    inner: number,
    columns: number,
    step: number,
    normWeight: number,
    normBias: number,
    packed: number,
    bias: number,
    output: number,
    outputStride: number,
    accumulate: boolean,
    scratch: number,
  ): void;
  rotatedLinearScratch(weights: number): number;
  rotatedLinearRows(
    input: number,
    rows: number,
    step: number,
    normWeight: number,
    normBias: number,
    weights: number,
    output: number,
    outputStride: number,
    accumulate: boolean,
    scratch: number,
  ): void;

  // quantise-weights.ts, pack-weights.ts
  quantiseRowsInt8(
    values: number,
    rows: number,
    inner: number,
    codes: number,
    scales: number,
  ): void;
  quantiseRowsInt4(
    values: number,
    rows: number,
    inner: number,
    codes: number,
    scales: number,
  ): void;
  packRowsInt8(
    codes: number,
    rows: number,
    inner: number,
    depth: number,
    panels: number,
    sums: number,
  ): void;
  packRowsInt4(
    codes: number,
    scales: number,
    rows: number,
    inner: number,
    depth: number,
    panels: number,
  ): void;
  dequantiseRow(
    panels: number,
    scales: number,
    bits: number,
    depth: number,
    inner: number,
    row: number,
    output: number,
  ): void;

  // code-tables.ts, decode-codes.ts
  codeTablesBytes(): number;
  buildCodeTables(frequencies: number, tables: number): void;
  decodeCodesScratch(rows: number): number;
  /** Truthy: the block was sound. */
  decodeCodes(
    block: number,
    byteLength: number,
    rows: number,
    columns: number,
    shifts: number,
    multipliers: number,
    tables: number,
    codes: number,
    scratch: number,
  ): number;

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
  copyKeysValuesF32(
    sourceKeys: number,
    sourceValues: number,
    targetKeys: number,
    targetValues: number,
    from: number,
    to: number,
    capacity: number,
    heads: number,
    headSize: number,
  ): void;
  attentionScratchF32(rows: number, keyCount: number): number;
  attentionF32(
    queries: number,
    rows: number,
    queryStride: number,
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

  // key-values-int8.ts, append-int8.ts, copy-int8.ts, attention-int8.ts
  keyValuesBytesInt8(capacity: number, heads: number, headSize: number): number;
  openKeyValuesInt8(cache: number, capacity: number, heads: number, headSize: number): void;
  appendScratchInt8(headSize: number): number;
  appendKeysValuesInt8(
    keys: number,
    values: number,
    rows: number,
    stride: number,
    cache: number,
    position: number,
    scratch: number,
  ): void;
  copyKeysValuesInt8(source: number, target: number, from: number, to: number): void;
  attentionScratchInt8(rows: number, cache: number, keyCount: number): number;
  attentionInt8(
    queries: number,
    rows: number,
    queryStride: number,
    cache: number,
    keyCount: number,
    causal: boolean,
    output: number,
    scratch: number,
  ): void;

  // attention-scores-int8.ts
  unpackKeysInt8(cache: number, head: number, count: number, output: number): void;

  // log-sum-exp.ts
  maximumF32(values: number, count: number): number;
  indexOfF32(values: number, count: number, value: number): number;
  sumExpF32(values: number, count: number, maximum: number, factor: number): number;

  // largest.ts
  /** How many there are. */
  largestF32(values: number, count: number, most: number, indices: number): number;

  // conv1d.ts
  conv1dGeluF32(
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
  rotateRowsF32(data: number, rows: number, n: number, signs: number): void;
  unrotateRowsF32(data: number, rows: number, n: number, signs: number): void;
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
    outputStride: number,
    accumulate: boolean,
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
