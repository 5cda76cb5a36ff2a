import { instantiateKernels, type Kernels } from "../src/kernels/kernels.ts";
import type { Linear } from "../src/linear/linear.ts";
import { bytesOfMatrix, type LinearSize, loadLinears } from "./linear-layers.ts";
import { alternate, median, medianRatio, percent, round, spread } from "./measure.ts";
import type { BenchHost, BenchRequest, WeightsKind } from "./protocol.ts";
import { randomValues } from "./random-tensor.ts";
import type { Report, Row } from "./report.ts";
import { openRooflines, RoofLog, type Rooflines, rate } from "./rooflines.ts";
import { configOf, type ShapeName } from "./shapes.ts";

/** Layers are rotated over so many bytes when their weights are to come from memory. */
const COLD_BYTES = 96e6;

/**
 * Linear layers as the product applies them, rotation and quantisation of the input included: those
 * of the encoder against the machine's arithmetic, those of one decoder step against its memory.
 */
export async function benchKernels(request: BenchRequest, host: BenchHost): Promise<Report[]> {
  const reports: Report[] = [];
  for (const threads of request.threads) {
    const kernels = await instantiateKernels(host.kernels, { threads });
    const title = `${request.shape}, ${kernels.build} build, threads: ${kernels.threads}`;
    kernels.dispose();
    const rooflines = await openRooflines(host, kernels.build);
    const setting = { request, host, threads, rooflines, title };
    reports.push(await reportEncoder(setting), await reportDecoder(setting));
  }
  return reports;
}

/** What both reports are made with. */
interface Setting {
  readonly request: BenchRequest;
  readonly host: BenchHost;
  readonly threads: number;
  readonly rooflines: Rooflines;
  readonly title: string;
}

async function reportEncoder(setting: Setting): Promise<Report> {
  const { request, host, threads, rooflines, title } = setting;
  const rows: Row[] = [];
  const log = new RoofLog();
  const config = configOf(request.shape);
  const { d_model: width, encoder_ffn_dim: inner, max_source_positions: positions } = config;
  for (const weights of request.weights) {
    for (const size of layerSizes(width, inner)) {
      const { inputs, outputs } = size;
      host.progress(`${weights} ${positions} x ${inputs} x ${outputs}`);
      const roof = weights === "f32" ? rooflines.f32 : rooflines.int8;
      const [layer, peak] = await measureLayers(setting, weights, size, 1, (kernels, [linear]) => {
        const { heap } = kernels;
        const input = heap.copyF32(randomValues("input", positions * inputs));
        const output = heap.allocateF32(positions * outputs);
        return [() => linear!.apply(input, positions, output), roof.work];
      });
      log.add(roof, peak!);
      const operations = 2 * positions * inputs * outputs;
      const share = (medianRatio(peak!, layer!) * operations) / roof.amount;
      rows.push({
        weights,
        "rows x inputs x outputs": `${positions} x ${inputs} x ${outputs}`,
        ms: round(median(layer!)),
        spread: spread(layer!),
        "Gop/s": round(rate(operations, median(layer!))),
        "of the peak": percent(share / threads),
      });
    }
  }
  return {
    title: `Linear layers of the encoder: ${title}`,
    rows,
    notes: [
      "Gop/s: products and sums of the matrix product alone, over the time of rotation, rounding and product. Peak: float32 for f32, int8 for int8 and int4, times the threads. Goal for int8: 80 % (90 %).",
    ],
    rooflines: log.summary(),
  };
}

async function reportDecoder(setting: Setting): Promise<Report> {
  const { request, host, rooflines, title } = setting;
  const rows: Row[] = [];
  const log = new RoofLog();
  const { read } = rooflines;
  for (const weights of request.weights) {
    for (const size of decoderSizes(request.shape)) {
      const { inputs, outputs } = size;
      host.progress(`${weights} 1 x ${inputs} x ${outputs}`);
      const bytes = bytesOfMatrix(weights, inputs, outputs);
      const count = Math.max(2, Math.ceil(COLD_BYTES / bytes));
      const measure = measureLayers(setting, weights, size, count, ({ heap }, linears) => {
        const input = heap.copyF32(randomValues("input", inputs));
        const output = heap.allocateF32(outputs);
        const cold = () => {
          for (const linear of linears) linear.apply(input, 1, output);
        };
        return [() => linears[0]!.apply(input, 1, output), cold, read.work];
      });
      const [hot, cold, roof] = await measure;
      log.add(read, roof!);
      const coldRatio = (medianRatio(roof!, cold!) * count * bytes) / read.amount;
      rows.push({
        weights,
        "inputs x outputs": `${inputs} x ${outputs}`,
        MB: round(bytes / 1e6),
        "hot us": round(1000 * median(hot!)),
        "hot GB/s": round(rate(bytes, median(hot!))),
        "cold us": round((1000 * median(cold!)) / count),
        "cold GB/s": round(rate(count * bytes, median(cold!))),
        spread: spread(cold!),
        "of read rate": percent(coldRatio),
      });
    }
  }
  return {
    title: `Linear layers of one decoder step: ${title}`,
    rows,
    notes: [
      "GB/s of weights with their scales. Hot: the same layer again; cold: so many in turn that none is left in a cache. Read rate: that of one core. Goal: 80 % (95 %).",
    ],
    rooflines: log.summary(),
  };
}

/** Times works on `count` layers of that size, in a memory of their own. */
async function measureLayers(
  { request, host, threads }: Setting,
  weights: WeightsKind,
  size: LinearSize,
  count: number,
  works: (kernels: Kernels, linears: readonly Linear[]) => (() => unknown)[],
) {
  const kernels = await instantiateKernels(host.kernels, { threads: threads });
  const linears = await loadLinears(kernels, weights, size, count);
  const samples = await alternate(request.runs, works(kernels, linears));
  kernels.dispose();
  return samples;
}

function layerSizes(width: number, inner: number): LinearSize[] {
  return [
    // Queries, keys and values are one layer.
    { inputs: width, outputs: 3 * width },
    { inputs: width, outputs: width },
    { inputs: width, outputs: inner },
    { inputs: inner, outputs: width },
  ];
}

function decoderSizes(shape: ShapeName): LinearSize[] {
  const { d_model: width, decoder_ffn_dim: inner, vocab_size: vocabulary } = configOf(shape);
  return [...layerSizes(width, inner), { inputs: width, outputs: vocabulary }];
}
