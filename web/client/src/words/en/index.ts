/** English, loaded only when somebody asks for it; every word that Vietnamese has (words.test.ts). */
import type { Words } from "..";
import { board } from "./board";
import { comments } from "./comments";
import { foreign } from "./foreign";
import { linked } from "./linked";
import { minutes } from "./minutes";
import { nodes } from "./nodes";
import { organisation } from "./organisation";
import { plan } from "./plan";
import { readiness } from "./readiness";
import { room } from "./room";
import { shell } from "./shell";

export const en: Words = { ...shell, plan, foreign, linked, board, readiness, room, minutes, comments, organisation, nodes };
