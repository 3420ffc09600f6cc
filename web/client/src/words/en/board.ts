import type { Words } from "..";

export const board: Words["board"] = {
  title: "Site board", open: "Site board", joined: "In the room", ready: "Tested, not in yet", bad: "With problems", heads: "People", search: "Find a site", badOnly: "Only sites with problems", look: "View", list: "List", grid: "Grid",
  stale: "No connection to the server, trying again. These are the last figures.", allWell: "No site has a problem.", noneFound: "No site found.",
  columns: { site: "Site", state: "State", picture: "Picture", sound: "Sound", line: "Line", step: "Picture received", heads: "People", problem: "Problem" },
  states: { invited: "Invited", tested: "Tested", joined: "In the room", declined: "Excused" }, onAir: "On air", asks: "asks for the floor", yes: "Yes", no: "No",
  roomSum: (joined, all, bad) => `${joined}/${all} in${bad ? `, ${bad} with problems` : ""}`, line: (loss, rtt) => `loss ${loss} %, ${rtt} ms`, checked: (down, up) => `measured: ${Math.round(down / 100) / 10} down, ${Math.round(up / 100) / 10} up Mbps`,
  steps: { full: "Full", medium: "Medium", small: "Small", slow: "Small, slow", still: "Still", slides: "Slides only", audio: "Sound only", text: "Text only" },
  problems: {
    not_joined: "Not in the room", not_delivered: "Invitation not delivered", not_tested: "Devices not tested", check_microphone: "Check: microphone not heard", check_camera: "Check: camera picture does not move", check_down: "Check: download too slow",
    check_up: "Check: upload too slow", check_loss: "Check: line loses packets", no_sound: "No sound", no_picture: "No picture", sound_only: "Weak line, sound only", weak_line: "Weak line",
  },
  clockOff: (s) => `Clock ${Math.abs(s)} s ${s > 0 ? "fast" : "slow"}`, clockChecked: (s) => `Check: clock ${Math.abs(s)} s ${s > 0 ? "fast" : "slow"}`,
  call: (phone) => `Call the technician: ${phone}`, callOf: (title, phone) => `Call the technician of ${title}, ${phone}`, reason: (text) => `Reason: ${text}`,
  checkAt: (at, down, up, rtt) => `Checked at ${at}: ${Math.round(down / 100) / 10} Mbps down, ${Math.round(up / 100) / 10} Mbps up, ${rtt} ms.`, signedOff: "The site is ready.",
  message: "Message to the site", send: "Send", sent: "Sent.", see: "See its picture", putOnAir: "Put on air", pictureOf: (title) => `Picture from ${title}`, noPicture: "No picture from the site yet.", far: "A site of a room held by another server: that server is asked, and may refuse.", notIn: "The site is not in the room: call to help.",
  notice: "Message of the technician", understood: "Understood",
};
