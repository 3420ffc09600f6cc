/** What a standing role is called: the secretary of a unit is not yet that of a meeting. */
import type { Words } from "../words";

export function standingRole(role: string, words: Words): string {
  const names: Record<string, string> = words.role;
  return (role === "secretary" ? names.secretary_standing : names[role]) ?? role;
}
