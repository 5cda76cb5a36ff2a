// What the tiles of one call of attentionInt8 are given, and how a thread's scratch is laid out.

import { PANEL_PRODUCT_BYTES, PanelProduct } from "../linear/panel-product";
import { CODE_BYTES } from "../linear/quantise";
import { KeyValuesInt8 } from "./key-values-int8";

/** Rows of a tile. */
export const TILE_ROWS: usize = 48;
/**
 * Positions of a block, a multiple of 16. Codes of 7 bits need small ones: where one probability
 * towers above many of a block, rounding takes most from the others.
 */
export const BLOCK: usize = ASC_FEATURE_RELAXED_SIMD ? 128 : 256;
/** Bytes between rows of scores; not a power of two, which would crowd a few sets of the cache. */
export const SCORE_STRIDE: usize = (BLOCK + 16) << 2;

@unmanaged
export class AttentionJob {
  queries: usize;
  rows: usize;
  /** Bytes between rows. */
  queryStride: usize;
  cache: KeyValuesInt8;
  keyCount: usize;
  causal: bool;
  output: usize;
  tileRows: usize;
  scratch: usize;
  scratchBytes: usize;

  @inline get blocks(): usize {
    return (this.keyCount + BLOCK - 1) / BLOCK;
  }

  /** Bytes of a row of query codes. */
  @inline get queryCodeBytes(): usize {
    return ((this.cache.headSize + 31) & ~31) * CODE_BYTES;
  }

  /** Bytes of a row of probability codes. */
  @inline get codeBytes(): usize {
    return ((this.keyCount + 15) & ~15) * CODE_BYTES + 32;
  }

  // A thread's scratch. Rows first: queries before, outputs after.

  @inline rowsAt(thread: usize): usize {
    return this.scratch + thread * this.scratchBytes;
  }

  @inline queryCodesAt(thread: usize): usize {
    return this.rowsAt(thread) + this.tileRows * (this.cache.width << 2);
  }

  @inline queryScalesAt(thread: usize): usize {
    return this.queryCodesAt(thread) + this.tileRows * this.queryCodeBytes;
  }

  @inline scoresAt(thread: usize): usize {
    return this.queryScalesAt(thread) + (this.tileRows << 2);
  }

  @inline codesAt(thread: usize): usize {
    return this.scoresAt(thread) + this.tileRows * SCORE_STRIDE;
  }

  /** F32 [blocks][tileRows]: largest score, at last the block's scale. */
  @inline scalesAt(thread: usize): usize {
    return this.codesAt(thread) + this.tileRows * this.codeBytes;
  }

  /** F32 [blocks][tileRows]. */
  @inline blockSumsAt(thread: usize): usize {
    return this.scalesAt(thread) + ((this.blocks * this.tileRows) << 2);
  }

  @inline widenedAt(thread: usize): usize {
    return this.blockSumsAt(thread) + ((this.blocks * this.tileRows) << 2);
  }

  /** With its room for widened panels. */
  @inline productAt(thread: usize): PanelProduct {
    const widened = this.widenedAt(thread);
    const product = changetype<PanelProduct>(widened + this.widenedBytes);
    product.widened = widened;
    return product;
  }

  @inline get widenedBytes(): usize {
    return max(BLOCK, this.cache.depth) << 4;
  }

  @inline scratchEnd(thread: usize): usize {
    return this.widenedAt(thread) + this.widenedBytes + PANEL_PRODUCT_BYTES;
  }
}
