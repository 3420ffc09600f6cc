/** English, loaded only when somebody asks for it; what is not said in English yet stays Vietnamese. */
import type { Words } from "..";
import { vi } from "../vi";
import { organisation } from "./organisation";
import { plan } from "./plan";
import { room } from "./room";
import { shell } from "./shell";

export const en: Words = { ...vi, ...shell, plan, room, organisation };
