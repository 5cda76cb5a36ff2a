/**
 * Runs on the audio thread: hands the microphone's samples to the page, mono, in blocks.
 *
 * Plain JavaScript because a worklet is loaded by its address, as it is, past the compiler.
 * Messages out: a Float32Array of samples, or null when capture is over. Message in: any, which
 * ends the capture; the unfinished block is sent first.
 */

/** Samples a message: 43 ms at 48 kHz; a render quantum (128) each would be 375 messages a second. */
const blockLength = 2048;

class CaptureProcessor extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(blockLength);
    this.filled = 0;
    this.ended = false;
    this.port.onmessage = () => {
      this.ended = true;
      this.send();
      this.port.postMessage(null);
    };
  }

  /** @param {Float32Array[][]} inputs One input; no channels while the source is silent or gone. */
  process([channels = []]) {
    const frameCount = this.ended ? 0 : (channels[0]?.length ?? 0);
    for (let i = 0; i < frameCount; i++) {
      let sum = 0;
      for (const channel of channels) sum += channel[i];
      this.block[this.filled++] = sum / channels.length;
      if (this.filled === blockLength) this.send();
    }
    return !this.ended;
  }

  send() {
    if (this.filled === 0) return;
    const samples = this.block.slice(0, this.filled);
    this.filled = 0;
    this.port.postMessage(samples, [samples.buffer]);
  }
}

registerProcessor("fwhisper-capture", CaptureProcessor);
