import { instantiateKernels } from "../../src/kernels/kernels.ts";
import type { DecodingOptions } from "../../src/options.ts";
import type { LoadProgress, TranscribeProgress } from "../../src/results.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import { onePositional, parseChoice, parseCommand } from "../command-line.ts";
import { engineOptions, parseEngineOptions } from "../engine-options.ts";
import { nodeHost } from "../node/kernels.ts";
import { readModel } from "../node/open-model.ts";
import { openAudioFile } from "../node/read-audio-file.ts";
import { showProgress } from "../progress-line.ts";

/** `fwhisper transcribe`: speech to text. */
export async function transcribe(args: string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = parseCommand(args, {
    model: { type: "string", default: "embedded" },
    language: { type: "string" },
    task: { type: "string" },
    timestamps: { type: "string" },
    "encoder-context": { type: "string" },
    json: { type: "boolean", default: false },
    ...engineOptions,
  });
  const path = onePositional(positionals, "AUDIO");
  const { language, task, timestamps, "encoder-context": encoderContext } = values;
  const options: DecodingOptions = {
    ...(language !== undefined && { language }),
    ...(task !== undefined && { task: parseChoice(task, ["transcribe", "translate"], "task") }),
    ...(timestamps !== undefined && {
      timestamps: parseChoice(timestamps, ["none", "segment"], "timestamps"),
    }),
    ...(encoderContext !== undefined && {
      encoderContext: parseChoice(encoderContext, ["full", "trimmed"], "encoder-context"),
    }),
  };
  const { weights, threads } = parseEngineOptions(values);
  // Before the model: a wrong path must not cost a download.
  const audio = await openAudioFile(path);
  const kernels = await instantiateKernels(nodeHost, { threads });
  const line = showProgress();
  try {
    const onProgress = (event: LoadProgress) => {
      if (event.status === "download") line(downloading(event));
    };
    const recogniser = await readModel(values.model, { signal, onProgress }, (source) =>
      loadRecogniser(kernels, source, { weights, signal }),
    );
    const samples = await audio.decode(recogniser.facts.sampleRate);
    const transcript = await recogniser.transcribe(samples, options, {
      signal,
      onProgress: (event) => line(recognising(event)),
    });
    line(null);
    process.stdout.write(values.json ? `${JSON.stringify(transcript)}\n` : `${transcript.text}\n`);
    const { realTimeFactor } = transcript.timing;
    process.stderr.write(
      `${transcript.duration.toFixed(2)} s of audio, real-time factor ${realTimeFactor.toFixed(4)}\n`,
    );
  } finally {
    line(null);
    kernels.dispose();
  }
}

function downloading({
  file,
  loadedBytes,
  totalBytes,
}: Extract<LoadProgress, { status: "download" }>): string {
  const total = totalBytes === null ? "" : ` of ${megabytes(totalBytes)}`;
  return `${file}: ${megabytes(loadedBytes)}${total} MB`;
}

function recognising({ status, fraction }: TranscribeProgress): string {
  return `${status} ${Math.round(fraction * 100)} %`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
