/** English, loaded only when somebody asks for it. */
import type { Words } from "..";
import { vi } from "../vi";
import { shell } from "./shell";

export const en: Words = { ...vi, ...shell };
