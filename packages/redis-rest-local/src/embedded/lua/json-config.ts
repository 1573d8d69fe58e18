/** Settings of lua-cjson; scripts may change them, for all scripts, as in Redis. */
export interface JsonConfig {
  encodeMaxDepth: number;
  decodeMaxDepth: number;
  /** Significant digits, at most 14. */
  numberPrecision: number;
  /** What becomes of infinite numbers and of those that are none. */
  encodeInvalidNumbers: "error" | "as they are" | "null";
  decodeInvalidNumbers: boolean;
  sparseConvert: boolean;
  sparseRatio: number;
  sparseSafe: number;
}
