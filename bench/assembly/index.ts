export * from "./peaks";
export * from "./bandwidth";
export * from "./radix2";
