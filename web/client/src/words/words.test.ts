/** English says everything that Vietnamese says, and nothing in Vietnamese. */
import { describe, expect, it } from "vitest";
import { en } from "./en";
import { vi } from "./vi";

type Leaf = [string, string];
const VIETNAMESE = /[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹáàãéèíìóòõúùý]/i;
const OWN_NAMES = new Set(["nav.vietnamese"]); // a language is named in itself

function leaves(words: object, path = ""): Leaf[] {
  return Object.entries(words).flatMap(([key, value]): Leaf[] => {
    const here = path ? `${path}.${key}` : key;
    if (typeof value === "string") return [[here, value]];
    if (typeof value === "function") return [[here, (value as (...args: unknown[]) => string)(1, 2, 3, 4)]];
    return leaves(value as object, here);
  });
}

describe("the words", () => {
  it("are the same in both languages", () => {
    expect(leaves(en).map(([path]) => path).sort()).toEqual(leaves(vi).map(([path]) => path).sort());
  });
  it("are English in English", () => {
    expect(leaves(en).filter(([path, text]) => !OWN_NAMES.has(path) && VIETNAMESE.test(text))).toEqual([]);
  });
  it("are never empty", () => {
    expect([...leaves(vi), ...leaves(en)].filter(([, text]) => !text.trim())).toEqual([]);
  });
});
