export const nodes = {
  title: "Links between levels", intro: "Installations linked with this one. The lower one dials the upper one.", none: "Not linked with any installation.",
  name: "Installation", role: "Level", state: "State", line: "Line", error: "Last error", act: "Act",
  roles: { upper: "Above", lower: "Below" } as Record<string, string>, up: "Linked", down: "Link lost", never: "Never linked yet", revoked: "Revoked",
  media: (up: number, all: number, loss: number, inMb: number, outMb: number) => `pictures and sound: ${up}/${all} legs, ${loss.toFixed(1)} % lost, ${inMb} MB in, ${outMb} MB out`,
  rtt: (ms: number) => `${ms} ms there and back`, clock: (s: number) => `clock ${s} s off`, waiting: (n: number) => `${n} facts still to send`, behind: (n: number) => `${n} installations behind it`,
  ours: "This installation", oursHint: "Give this text to the administrator of the other installation, and read the fingerprint by telephone.", text: "Pairing text", fingerprint: "Fingerprint",
  add: "Add a link", theirText: "Pairing text of the other installation", theyAre: "The other one is", check: "Check the text", confirm: (name: string) => `Link with ${name}`, compare: "Link only if the fingerprint is the one their administrator reads to you.",
  isThis: "This is the text of this very installation.", revoke: "Revoke", revokeAsk: (name: string) => `Revoke the link with ${name}?`, revokeDetail: "The link ends at once. What was received stays.",
  codes: {
    unreachable: "Cannot be reached", version: "Versions do not fit", unknown_node: "The other side does not know us", bad_proof: "Wrong key", silent: "No signal", foreign_origin: "Sent what is not its own",
    broken_chain: "Facts were altered", bad_seal: "Wrong signature", gap: "Facts are missing", forked: "Both sides differ", stale_epoch: "Old facts came back", malformed: "Sent a wrong message", storage: "Our disk does not take it",
    unknown_fact: "The other side is newer", loop: "Links form a ring", two_paths: "Reached in two ways", other_key: "Its key changed", refused_edge: "Tree of meetings refused", said_unknown_node: "The other side has not added us", said_revoked: "Revoked by the other side",
    said_version: "Versions do not fit", wrong_side: "Both sides say that they are the lower one", said_wrong_side: "Both sides say that they are the lower one", parked_there: "The other side cannot store what it is sent", forged_introduction: "A false introduction of a system",
    asked_two_roots: "Gives out another system's meeting for its own", asked_not_allowed: "Asked for a room that it may not ask for", asked_not_below: "Asked for a room of a unit that is not below it", asked_unknown_unit: "Asked for a room of a unit that is not known here",
    asked_held_elsewhere: "The unit it asked for belongs to another system", not_understood: "An answer that is not understood",
  } as Record<string, string>,
};
