import { expect, test } from "vitest";
import { vi } from "../words/vi";
import { tooLarge } from "./upload";

test("a file over the limit stays here, and the limit is said as the server says it", () => {
  const file = new File([new Uint8Array(2 * 2 ** 20 + 1)], "bao-cao.pdf");
  expect(tooLarge(file, 2 * 2 ** 20, vi)?.message).toBe("Tệp quá lớn: tối đa 2 MB. Chưa lưu gì.");
  expect(tooLarge(file, 2 * 2 ** 20 + 1, vi)).toBeNull();
  expect(tooLarge(file, undefined, vi)).toBeNull();
  expect(tooLarge(null, 1, vi)).toBeNull();
});
