import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    testTimeout: 60_000,
    // The encoder tests hold tens of megabytes each; two workers is what the smallest machine has cores for.
    maxWorkers: 2,
  },
});
