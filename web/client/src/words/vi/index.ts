/** Vietnamese, the source language. Exact words of the field; change one only with the people who use it. */
import { board } from "./board";
import { comments } from "./comments";
import { linked } from "./linked";
import { minutes } from "./minutes";
import { organisation } from "./organisation";
import { plan } from "./plan";
import { room } from "./room";
import { shell } from "./shell";

export const vi = { ...shell, plan, linked, board, room, minutes, comments, organisation };
