/** The secretary's own notes, item by item, on this computer until they are put into the minutes. */

export type Notes = Record<string, string>; // item id ("" for none open) → text

const keyOf = (meetingId: string) => `giaoban.notes.${meetingId}`;

export function readNotes(meetingId: string): Notes {
  try {
    return JSON.parse(localStorage.getItem(keyOf(meetingId)) ?? "{}") as Notes;
  } catch {
    return {};
  }
}

export function writeNotes(meetingId: string, notes: Notes): void {
  try {
    localStorage.setItem(keyOf(meetingId), JSON.stringify(notes));
  } catch {
    // a browser that keeps nothing: the note stays on screen while the page is open
  }
}

/** The text with a new line that begins with the time and who speaks, ready to type on. */
export function stamped(text: string, time: string, speaker: string): string {
  const before = text.replace(/\s+$/, "");
  return `${before}${before ? "\n" : ""}${time}${speaker ? ` ${speaker}` : ""}: `;
}
