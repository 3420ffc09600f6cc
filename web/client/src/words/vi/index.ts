/** Vietnamese, the source language. Exact words of the field; change one only with the people who use it. */
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

export const vi = { ...shell, plan, foreign, linked, board, readiness, room, minutes, comments, organisation, nodes };
