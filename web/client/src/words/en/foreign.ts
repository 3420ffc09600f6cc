/** Tickets for encoders and players that are not ours. */
import type { Words } from "..";

export const foreign: Words["foreign"] = {
  title: "Other devices", explain: "A site's encoder or conference device sends pictures into the room (WHIP); other screens and players take the room's program (WHEP). Each device has a ticket of its own.",
  kind: "Kind of ticket", kinds: { ingest: "Sends into the room (WHIP)", playback: "Takes the program (WHEP)" }, site: "Site", label: "Name of the device", labelHint: "For example: encoder of the hall, second floor",
  give: "Give a ticket", given: "A new ticket: copy address and token now, the token is not shown again.", url: "Address", token: "Token (Bearer)", copy: "Copy", copied: "Copied", done: "I have copied it",
  inUse: (n) => (n ? `${n} in use` : "Not in use"), revoked: "Revoked", revoke: "Revoke the ticket", revokeAsk: "Revoke this ticket? A device that uses it is cut off at once.", none: "No tickets yet.",
};
