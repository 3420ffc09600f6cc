/** Files that the server would refuse for their size are not sent to it first: over a thin line that takes minutes. */
import type { Words } from "../words";
import { ApiError } from "./request";

/** Why this file is not sent; null when it may be. `limit`: bytes, as the session tells them. */
export function tooLarge(file: unknown, limit: number | undefined, words: Words): ApiError | null {
  if (!(file instanceof File) || !limit || file.size <= limit) return null;
  return new ApiError(413, "too_large", words.act.fileTooLarge(Math.floor(limit / 2 ** 20)));
}
