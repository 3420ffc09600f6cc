/** What bears a secret marking is taken in on an isolated installation only, and never leaves it. */

const OPEN = ["none", "internal"];
const MARKINGS = ["none", "internal", "mat", "toi_mat", "tuyet_mat"] as const;

export function isSecret(marking: string | undefined): boolean {
  return marking !== undefined && !OPEN.includes(marking);
}

/** Every marking, and whether this installation takes it in. */
export function markings(isolated: boolean): { marking: (typeof MARKINGS)[number]; taken: boolean }[] {
  return MARKINGS.map((marking) => ({ marking, taken: !isSecret(marking) || (isolated && marking === "mat") }));
}
