/** What went wrong with a link, in words: a fault that we found, or one that the other side found with us. Pure. */
import type { Words } from "../words";

const SAID = "said_";

export function faultIn(words: Words["nodes"], code: string): string {
  const known = words.codes[code];
  if (known !== undefined || !code.startsWith(SAID)) return known ?? code;
  return words.saidOfUs(words.codes[code.slice(SAID.length)] ?? code.slice(SAID.length));
}
