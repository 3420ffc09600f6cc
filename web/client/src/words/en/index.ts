/** English, loaded only when somebody asks for it. */
import type { Words } from "..";
import { vi } from "../vi";

export const en: Words = vi;
