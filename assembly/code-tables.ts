// What decodeCodes looks symbols up in, made from the frequencies of src/checkpoint/code-frequencies.ts:
//
//   U8 [16][16]   for each set of four lanes, bit by bit, the places which words take one after the
//                 other in these lanes; elsewhere 0
//   32 zeros      shifts of eight columns without multipliers
//   32 unused     so that tables begin at a cache line
//   U32 [CONTEXTS][4096]   for each slot its symbol (high 8 bits), how far it is from the first
//                 slot of that symbol (12 bits), how many slots the symbol has (low 12 bits)

/** As in src/checkpoint/code-frequencies.ts. */
export const TABLE_BITS: u32 = 12;
export const CONTEXTS: i32 = 40;
const SYMBOLS: usize = 256;

export const ZEROS: usize = 256;
export const TABLES: usize = 320;
/** log2 of a table's bytes. */
export const TABLE_SHIFT: i32 = TABLE_BITS + 2;

export function codeTablesBytes(): usize {
  return TABLES + ((<usize>CONTEXTS) << TABLE_SHIFT);
}

/** frequencies: U16 [CONTEXTS, 256], symbol s at s + 128, adding up to 4096 each. tables: as above. */
export function buildCodeTables(frequencies: usize, tables: usize): void {
  buildPlaces(tables);
  memory.fill(tables + ZEROS, 0, TABLES - ZEROS);
  let target = tables + TABLES;
  for (let context: i32 = 0; context < CONTEXTS; context++, frequencies += SYMBOLS << 1) {
    for (let at: usize = 0; at < SYMBOLS; at++) {
      const frequency: u32 = load<u16>(frequencies + (at << 1));
      const word = ((<u32>at - 128) << 24) | frequency;
      for (let bias: u32 = 0; bias < frequency; bias++, target += 4) {
        store<u32>(target, word | (bias << TABLE_BITS));
      }
    }
  }
}

function buildPlaces(target: usize): void {
  memory.fill(target, 0xff, ZEROS);
  for (let lanes: usize = 0; lanes < 16; lanes++) {
    let from: u32 = 0;
    for (let lane: usize = 0; lane < 4; lane++) {
      if ((lanes >> lane) & 1) {
        store<u16>(target + (lanes << 4) + (lane << 2), <u16>(from | ((from + 1) << 8)));
        from += 2;
      }
    }
  }
}
