import type { Words } from "..";

export const readiness: Words["readiness"] = {
  title: "Check before the meeting", intro: "Microphone, camera, line and clock are checked in about 15 seconds. The loudspeaker gives a beep.", start: "Start the check", again: "Check again", running: "Checking… Leave this page open.",
  ready: (at) => `The site is ready, signed off at ${at}. The secretary has the result.`, notReady: "Not ready. Mend what is marked ✕; the check runs again by itself.",
  leader: "Who leads the site", peopleSaved: "Noted. The roll call has it when you enter the room.",
  seconds: (n) => `${Math.abs(n)} s ${n > 0 ? "fast" : "slow"}`,
  rows: { microphone: "Microphone heard", camera: "Camera picture moves", down: "Download", up: "Upload", loss: "Line is steady", clock: "Clock is right" },
  wrong: { microphone: "Microphone not heard: check switch, plug and loudspeaker", camera: "No picture, or it stands still: check the cover, close other programs", down: "Download too slow: sound only", up: "Upload too slow: others only hear you", loss: "The line loses packets: use a cable", clock: "The clock is wrong: set date and time" },
};
