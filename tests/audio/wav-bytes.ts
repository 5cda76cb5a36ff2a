/** Writes WAV files of every form, the wrong ones too. */

export interface WavForm {
  readonly magic?: "RIFF" | "RIFX" | "RF64" | "BW64";
  readonly codec: number;
  readonly bits: number;
  readonly channelCount?: number;
  readonly sampleRate?: number;
  /** Default: bits rounded up to bytes, for all channels. */
  readonly blockBytes?: number;
  /** Write the codec as the SubFormat of WAVE_FORMAT_EXTENSIBLE. */
  readonly extensible?: boolean;
  /** The data chunk's body. */
  readonly data: readonly number[];
  /** In place of the true size of the data chunk. */
  readonly dataSize?: number;
  /** In place of the true size of the file. */
  readonly riffSize?: number;
  readonly order?: readonly ("fmt " | "data" | "LIST" | "ds64")[];
}

/** An odd body, so that its pad byte matters; the text would pass for samples. */
const listBody = [...Buffer.from("INFOISFT\x05\0\0\0flite")];

export function wavBytes(form: WavForm): Uint8Array {
  const { magic = "RIFF", order = ["fmt ", "data"], data } = form;
  const little = magic !== "RIFX";
  const bodies = {
    "fmt ": formatBody(form, little),
    data,
    LIST: listBody,
    ds64: [...number(0, 8, true), ...number(data.length, 8, true), ...number(0, 12, true)],
  };
  const chunks = order.flatMap((id) => {
    const body = bodies[id];
    const size = id === "data" ? (form.dataSize ?? body.length) : body.length;
    return [
      ...Buffer.from(id),
      ...number(size, 4, little),
      ...body,
      ...(body.length % 2 ? [0] : []),
    ];
  });
  const riffSize = form.riffSize ?? chunks.length + 4;
  const head = [...Buffer.from(magic), ...number(riffSize, 4, little), ...Buffer.from("WAVE")];
  return Uint8Array.from([...head, ...chunks]);
}

function formatBody(form: WavForm, little: boolean): number[] {
  const { codec, bits, channelCount = 1, sampleRate = 8000, extensible = false } = form;
  const blockBytes = form.blockBytes ?? Math.ceil(bits / 8) * channelCount;
  const body = [
    ...number(extensible ? 0xfffe : codec, 2, little),
    ...number(channelCount, 2, little),
    ...number(sampleRate, 4, little),
    ...number(sampleRate * blockBytes, 4, little),
    ...number(blockBytes, 2, little),
    ...number(bits, 2, little),
  ];
  if (!extensible) return body;
  const guidTail = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
  const speakers = number(0, 4, little);
  return [
    ...body,
    ...number(22, 2, little),
    ...number(bits, 2, little),
    ...speakers,
    ...number(codec, 2, little),
    ...guidTail,
  ];
}

/** A whole number of 0..2^53 or a negative one of 32 bits or fewer, as bytes. */
export function number(value: number, byteCount: number, little = true): number[] {
  const unsigned = BigInt.asUintN(8 * byteCount, BigInt(value));
  const bytes = Array.from({ length: byteCount }, (_, i) =>
    Number((unsigned >> BigInt(8 * i)) & 255n),
  );
  return little ? bytes : bytes.reverse();
}

/** 16-bit PCM, mono: the commonest form. */
export function pcm16Wav(codes: readonly number[], form: Partial<WavForm> = {}): Uint8Array {
  const little = form.magic !== "RIFX";
  return wavBytes({
    codec: 1,
    bits: 16,
    data: codes.flatMap((code) => number(code, 2, little)),
    ...form,
  });
}
