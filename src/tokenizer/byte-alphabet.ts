/**
 * GPT-2's byte-level alphabet: a printable character for each of the 256 bytes, so that
 * vocabularies are readable JSON. Bytes printable in Latin-1 stand for themselves, the others take
 * the characters from U+0100 on, in order ("Ġ" is the space). Source: bytes_to_unicode of
 * github.com/openai/gpt-2, src/encoder.py.
 */
export const byteCharacters: readonly string[] = byteAlphabet();

/** The byte of each character of the alphabet. */
export const characterBytes: ReadonlyMap<string, number> = new Map(
  byteCharacters.map((character, byte) => [character, byte]),
);

function byteAlphabet(): string[] {
  const isPrintable = (byte: number) => {
    return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
  };
  let substitute = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    return String.fromCharCode(isPrintable(byte) ? byte : substitute++);
  });
}
