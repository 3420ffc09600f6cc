export const comments = {
  title: "Comments on the draft", none: "No comments were asked for on this draft.",
  open: "Ask for comments…", openHint: "Until this deadline the invited sites read the draft and comment. The minutes cannot go to the signatures meanwhile.", date: "Deadline, day", time: "Time", note: "What to comment on", badDeadline: "Write the day as 05/11/2026 and the time as 17:00.", start: "Start the round",
  running: (n: number, until: string) => `Round ${n}: open until ${until}`, over: (n: number, at: string) => `Round ${n} ended at ${at}`, close: "End the round", closeAsk: "End the round before its deadline?",
  add: "Comment", about: "On paragraph", text: "Comment", send: "Send comment", recorded: "recorded by the system", attendance: "Attendance", textChanged: (n: number) => `on revision ${n}`,
  count: (all: number, waiting: number) => `${all} comments, ${waiting} unanswered`, by: (who: string, at: string) => `${who}, ${at}`,
  answer: "Answer", answerHint: "Required when declined.", accept: "Accept", decline: "Decline", accepted: "Accepted", declined: "Declined", waiting: "Unanswered",
};
