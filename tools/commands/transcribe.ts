import { AudioError, type FwhisperError } from "../../src/errors.ts";
import { instantiateKernels, type Kernels } from "../../src/kernels/kernels.ts";
import type { DecodingOptions } from "../../src/options/options.ts";
import type { Segment, TranscribeProgress, Transcript } from "../../src/results.ts";
import { loadRecogniser, type Recogniser } from "../../src/transcription/recogniser.ts";
import { parseCommand, UsageError, type Values } from "../command-line.ts";
import { decodingFlags, engineFlags, errorInFlags, parseDecodingFlags } from "../decoding-flags.ts";
import { nodeHost } from "../node/kernels.ts";
import { readModel } from "../node/open-model.ts";
import { openAudioFile } from "../node/read-audio-file.ts";
import { outputFlags, parseOutputFlags } from "../output-flags.ts";
import {
  describeDownload,
  describeRecognition,
  describeSegment,
  showProgress,
} from "../progress.ts";
import { checkRecordings, describeFailure, isOfOneRecording, someFailed } from "../recordings.ts";
import { checkNames, makeFolder, type Output, writeTranscript } from "../write-transcript.ts";

const flags = {
  model: { type: "string", default: "embedded" },
  json: { type: "boolean", default: false },
  verbose: { type: "boolean", default: false },
  ...decodingFlags,
  ...outputFlags,
  ...engineFlags,
} as const;

/** `fwhisper transcribe`: speech to text. */
export async function transcribe(args: string[], signal: AbortSignal): Promise<void> {
  const { values, positionals: paths, flagBefore } = parseCommand(args, flags);
  if (paths.length === 0) throw new UsageError("AUDIO is missing.");
  const options = parseDecodingFlags(values);
  const output = parseOutputFlags(values, options.timestamps === "word");
  checkRecordings(paths, flagBefore, flags);
  if (output !== null) {
    checkNames(paths, output);
    await makeFolder(output.folder);
  }
  const work = new Transcription({ ...values, options, output, signal });
  try {
    await work.all(paths);
  } catch (error) {
    throw errorInFlags(error);
  } finally {
    work.end();
  }
}

interface Settings extends Values<typeof engineFlags> {
  readonly model: string;
  readonly options: DecodingOptions;
  readonly output: Output | null;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly signal: AbortSignal;
}

/** Recordings transcribed by one model, which is loaded once the first of them could be opened. */
class Transcription {
  readonly #settings: Settings;
  readonly #line = showProgress();
  #kernels: Kernels | undefined;
  #recogniser: Recogniser | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /**
   * One after the other; of several, what fails is told and does not keep the others from being heard.
   *
   * @throws FwhisperError at the end, if any failed
   */
  async all(paths: readonly string[]): Promise<void> {
    const { json, output } = this.#settings;
    const isOne = paths.length === 1;
    let failures = 0;
    for (const [i, path] of paths.entries()) {
      try {
        const place = isOne ? "" : `${i + 1} of ${paths.length}: `;
        const transcript = await this.#transcribe(path, place);
        const name = isOne ? "" : `${path}: `;
        const result = isOne ? transcript : { audio: path, ...transcript };
        if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
        else if (output === null) process.stdout.write(`${name}${transcript.text}\n`);
        process.stderr.write(`${name}${describeSpeed(transcript)}`);
      } catch (error) {
        if (isOne || !this.#isOfOneFile(error)) throw error;
        failures += 1;
        this.#line(null);
        process.stderr.write(`fwhisper: ${describeFailure(path, error)}\n`);
      }
    }
    if (failures > 0) throw someFailed(failures, paths.length);
  }

  end(): void {
    this.#line(null);
    this.#kernels?.dispose();
  }

  /** @param prefix of the line of progress */
  async #transcribe(path: string, prefix: string): Promise<Transcript> {
    const { output, verbose, signal } = this.#settings;
    // Before the model: a file that is no audio must not cost a download.
    const audio = await openAudioFile(path);
    this.#recogniser ??= await this.#load();
    const { facts } = this.#recogniser;
    const samples = await audio.decode(facts.sampleRate);
    const hooks = {
      signal,
      ...(!verbose && {
        onProgress: (event: TranscribeProgress) => {
          this.#line(`${prefix}${describeRecognition(event)}`);
        },
      }),
    };
    let transcript: Transcript | undefined;
    const { options } = this.#settings;
    for await (const event of this.#recogniser.recognise(samples, options, hooks)) {
      if (event.status === "segment" && verbose) this.#tell(event.segment);
      if (event.status === "done") transcript = event.transcript;
    }
    if (transcript === undefined) throw new Error("Recognition ended without a transcript.");
    this.#line(null);
    if (output !== null) await writeTranscript(transcript, path, output);
    return transcript;
  }

  async #load(): Promise<Recogniser> {
    const { model, weights, threads, signal } = this.#settings;
    const kernels = await instantiateKernels(nodeHost, { threads });
    this.#kernels = kernels;
    const recogniser = await readModel(
      model,
      {
        signal,
        onProgress: (event) => {
          if (event.status === "download") this.#line(describeDownload(event));
        },
      },
      (source) => loadRecogniser(kernels, source, { weights, signal }),
    );
    this.#line(null);
    recogniser.checkOptions(this.#settings.options);
    return recogniser;
  }

  /** Before the model is there, all but broken audio is the model's or the options'. */
  #isOfOneFile(error: unknown): error is FwhisperError {
    return this.#recogniser === undefined ? error instanceof AudioError : isOfOneRecording(error);
  }

  #tell(segment: Segment): void {
    if (segment.text !== "") process.stderr.write(`${describeSegment(segment)}\n`);
  }
}

function describeSpeed({ duration, timing }: Transcript): string {
  return `${duration.toFixed(2)} s of audio, real-time factor ${timing.realTimeFactor.toFixed(4)}\n`;
}
