/** Vietnamese, the source language. Exact words of the field; change one only with the people who use it. */
import { comments } from "./comments";
import { minutes } from "./minutes";
import { organisation } from "./organisation";
import { plan } from "./plan";
import { room } from "./room";
import { shell } from "./shell";

export const vi = { ...shell, plan, room, minutes, comments, organisation };
