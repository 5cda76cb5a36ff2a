import { expect, it } from "vitest";
import { SampleBuffer } from "../../src/captions/sample-buffer.ts";
import { seededRandom } from "../fixtures/random.ts";

it("holds the end of a stream, by positions in the stream", () => {
  const random = seededRandom(1);
  const buffer = new SampleBuffer();
  let pushed = 0;
  let dropped = 0;
  for (let i = 0; i < 300; i++) {
    const block = Float32Array.from({ length: Math.floor(random() * 50) }, () => pushed++);
    buffer.push(block);
    if (random() < 0.3) {
      const position = dropped + Math.floor(random() * buffer.length) - 10;
      buffer.dropBefore(position);
      dropped = Math.min(Math.max(dropped, position), pushed);
    }
    expect([buffer.start, buffer.end, buffer.length]).toEqual([dropped, pushed, pushed - dropped]);
    const from = dropped + Math.floor(random() * buffer.length);
    const to = from + Math.floor(random() * (pushed - from + 1));
    expect(buffer.slice(from, to)).toEqual(
      Float32Array.from({ length: to - from }, (_, i) => from + i),
    );
    expect(buffer.view).toEqual(buffer.slice(dropped, pushed));
  }
});
