/** What went wrong with a link, in words: a fault that we found, or one that the other side found with us. Pure. */
import type { Words } from "../words";

const SAID = "said_";

export function faultIn(words: Words["nodes"], code: string): string {
  const known = words.codes[code];
  if (known !== undefined || !code.startsWith(SAID)) return known ?? code;
  return words.saidOfUs(words.codes[code.slice(SAID.length)] ?? code.slice(SAID.length));
}

/** What is known besides: why pictures and sound do not come, in words and as it was said; of other faults as it is. */
export function detailIn(words: Words["nodes"], code: string, detail: string): string {
  if (code !== "media_refused") return detail;
  const [cause = "", ...rest] = detail.split(":");
  const known = words.mediaFaults[cause];
  const said = rest.join(":").trim();
  return known === undefined ? detail : said ? `${known} (${said})` : known;
}
