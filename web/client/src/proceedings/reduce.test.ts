/** The fold of the browser and the fold of the server agree: on every type of fact and 1,000 random sequences. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Told } from "./facts";
import { apply } from "./reduce";
import { EMPTY, type State } from "./state";

interface Case { name: string; facts: Told[]; state: State }
interface Sequence { seed: number; facts: Told[]; sha256: string }

const vectors = new URL("../../../../tests/vectors/", import.meta.url);
const read = (name: string): Buffer => readFileSync(fileURLToPath(new URL(name, vectors)));

/** RFC 8785 for what states are made of: sorted keys, no blanks. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(",")}}`;
}

function fold(facts: Told[]): State {
  return facts.reduce(apply, EMPTY);
}

describe("every type of fact", () => {
  const cases = JSON.parse(read("proceedings.json").toString("utf8")) as Case[];
  it.each(cases.map((one) => [one.name, one] as const))("%s", (_, one) => {
    expect(fold(one.facts)).toEqual(one.state);
  });
});

describe("random sequences", () => {
  const sequences = JSON.parse(gunzipSync(read("sequences.json.gz")).toString("utf8")) as Sequence[];
  it("are 1,000", () => expect(sequences.length).toBe(1000));
  it("all end in the same state as on the server", () => {
    for (const one of sequences) {
      const hash = createHash("sha256").update(canonical(fold(one.facts))).digest("hex");
      expect(hash, `seed ${one.seed}`).toBe(one.sha256);
    }
  });
});
