import type { Words } from "..";

export const linked: Words["linked"] = {
  title: "Levels taking part", toTree: "Choose levels taking part", seeTree: "Levels taking part", intro: "Choose the units. A unit with a room of its own has its own chair and secretary; sites below it come to that room.",
  quick: "Quick choice", allLevel: (level, n) => `All sites of level ${level} (${n})`, noneLevel: (level) => `None of level ${level}`, roomsLevel: (level, n) => `A room for every unit of level ${level} (${n})`, noRoomsLevel: (level) => `No rooms at level ${level}`,
  units: "Units taking part", allBelow: (n) => `All below (${n})`, allBelowOf: (title, n) => `Choose all ${n} sites below ${title}`, site: (title) => `Site ${title}`, ownRoom: "Own room", ownRoomOf: (title) => `A room of its own for ${title}`, noSite: "No site yet", picked: (n, of) => `${n}/${of} sites`,
  rooms: "Rooms and who leads them", roomOf: (title) => `Room of ${title}`, rootRoom: "Main room", sitesIn: (n) => `${n} sites`, chair: "Chair", deputy: "Deputy chair", secretary: "Secretary", fromUnit: "As the unit has it",
  sum: (rooms, sites) => `${rooms} rooms, ${sites} sites`, save: "Save levels", saved: "Saved.", unsaved: "There are unsaved changes.", changesGoOut: "Invitations went out. When you save, added sites are invited and removed ones are told.", back: "Back to the meeting",
  lines: "Planned bandwidth", serverOut: "The server sends", serverIn: "The server takes in", perSite: "Each site", down: "down", up: "up", of: "of", notSaid: "line not stated", mbps: (n) => `${n} Mbps`, link: (title) => `Link with ${title}`,
  strain: { fits: "Enough", tight: "Tight", over: "Not enough", unknown: "Not stated" }, warnings: "To look at before the meeting", noWarnings: "Nothing found.", andMore: (n) => `and ${n} more`,
  warning: {
    server_over: "The server's line does not carry this many sites: many will be left with sound only.", server_tight: "The server's line is tight: pictures may get worse while slides are shown.", server_unknown: "The server's line is not stated (Settings), so it was not checked.",
    link_over: "The link with its server does not carry what is planned: thumbnails and large pictures give way", link_tight: "The link with its server is tight", link_unknown: "Line of the unit with its own server not stated",
    site_line_over: "Line too thin: small picture or sound only", site_line_tight: "Line is tight", site_line_unknown: "Line of the site not stated", room_elsewhere_failed: "Has not taken on the room at its own server", two_chairs_one_person: "Chairs several rooms at once and needs a deputy",
    site_without_address: "No address for the invitation", site_without_phone: "No telephone number of a technician", room_alone: "Own room without any site below", room_without_deputy: "No deputy chair for when the link is lost or the chair is away",
  },
  elsewhere: { planned: "Not asked yet", asked: "Asked, waiting", accepted: "Taken on", declined: "Declined", failed: "Failed, will be asked again" },
  heldElsewhere: "This room is held at the unit's own server: its people choose chair, secretary and sites.",
  heldErrors: { unknown_unit: "That server does not know the unit", not_below: "Not a unit it may be asked for", held_elsewhere: "The unit has yet another server", not_possible: "People or a site are missing", too_many: "Too many rooms", secret_refused: "Secret content is not taken in", not_linked: "The link was revoked", not_understood: "Its answer makes no sense", room_of_another: "Its answer makes no sense", unknown_kind: "That server is an older version" } as Record<string, string>,
  noDeputy: "Nobody is named to chair this room in its chair\u2019s place. If the line to the room above is cut while the chair is not here, nobody can lead it.", nameDeputy: (name) => `Name ${name}`,
  parentOf: (title) => `This meeting is a room of: ${title}`, parentBy: (host, chair) => `Convened by ${host}, led by ${chair}`, parentAgenda: "Common agenda", ownAgenda: "This room's own items, before or after the common agenda", roomsBelow: (n) => `${n} rooms below`,
  room: {
    missed: { watch: "Watch what was missed", title: "What was missed", goesOn: "The meeting goes on while you watch. Your microphone and camera stay as they are." },
    upper: (title) => `Following the common program: ${title}.`, away: (title) => `In a closed discussion, apart from: ${title}.`, lost: (title, at) => `The link to the level above (${title}) is lost since ${at}. This room goes on under its own chair; it is being linked again.`,
    farChair: (site, name) => `Chaired from ${site}${name ? `: ${name}` : ""}.`, farChairLost: (site, by) => `The link to the chair at ${site} is lost. ${by} chairs meanwhile.`, chairAbove: (site, name, meeting) => `${site || "A site below"}${name ? ` (${name})` : ""} chairs the meeting above: ${meeting}.`,
    joined: (name) => `Merged above with the request of ${name}`, mergedInto: (name) => `Merged: ${name} speaks for your site`, speaksForYou: (name) => `${name} is speaking, for your site too.`, mergedGone: "The request that spoke for your site was taken off the list.",
    answered: (at, text) => `Your request for the floor was answered at ${at}: ${text}`, mergedAbove: "A level above merged your request with another on the same matter, which speaks for it.",
    lowerBack: (title, minutes, items, speeches) => `${title} is back after ${minutes} minutes by itself${items ? `, ${items} agenda items` : ""}, ${speeches} speeches.`,
    back: (minutes, items, speeches) => `Linked again. You missed ${minutes} minutes${items ? `, ${items} agenda items` : ""}, ${speeches} speeches.`, lower: (open, all) => `${open}/${all} rooms below are linked.`, lowerLost: (names) => `Link lost to: ${names}. These rooms go on; they are being linked again.`,
    leave: "Closed discussion", leaveAsk: "Leave the common program for a closed discussion?", rejoin: "Back to the common program", from: (path) => `From ${path}`, withOthers: (names) => `speaks for ${names} too`,
    merge: (n) => (n > 1 ? `Merge ${n} requests` : "Merge requests"), mergeHint: "Tick requests about the same matter; the first speaks for all.", mergeOf: (title) => `Pick the request of ${title} to merge`,
    forward: "Forward up", forwardOf: (title) => `Forward the request of ${title} to the level above`, answer: "Answer", answerOf: (title) => `Answer the request of ${title}`, answerText: "Answer", forwarded: { sent: "Being forwarded", waiting: "Waiting at the level above", failed: "Could not be forwarded" },
  },
};
