import { expect, it } from "vitest";
import * as errors from "../../src/errors.ts";
import { describeFailure } from "../../src/widget/failure.ts";

it("gives every typed error a title of its kind and its own words", () => {
  const titles = Object.values(errors.errorClasses).map((kind) => {
    const { title, message } = describeFailure(new kind("Expected x, found y. Do z."));
    expect(message).toBe("Expected x, found y. Do z.");
    return title;
  });
  expect(titles).toEqual([
    "That did not work",
    "That cannot be done",
    "This audio cannot be used",
    "This model cannot be used",
    "This model cannot be used",
    "The download failed",
    "This browser's storage failed",
    "This model is too large for this device",
    "The engine stopped",
  ]);
});

it("says what to do about the unexpected", () => {
  const { title, message } = describeFailure(new TypeError("x is not a function"));
  expect(title).toBe("Something unexpected happened");
  expect(message).toBe("x is not a function. Reload the page and try again.");
  expect(describeFailure("odd").message).toBe("odd. Reload the page and try again.");
  expect(describeFailure(new Error("")).message).toMatch(/^No reason was given\./);
});
