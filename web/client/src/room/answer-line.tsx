/** What this site's request for the floor was answered in words, here or by a level above, until it was read. */
import { useState } from "react";
import { Button } from "../ui/button";
import { Notice } from "../ui/notice";
import { useWords } from "../words";
import { timeOf } from "../words/when";
import { useRoom } from "./use-room";

const SHOWN_MS = 15 * 60_000; // a page opened anew does not begin with what was said long ago
const MERGED = "merged"; // the text with which a level above says that another request speaks for this one, too

export function AnswerLine() {
  const words = useWords();
  const mine = useRoom((p) => p.welcome?.site_id ?? null);
  const newest = useRoom((p) => p.state.answers.filter((one) => one.site_id === mine).at(-1) ?? null);
  const [opened] = useState(Date.now);
  const [read, setRead] = useState<string | null>(null);
  if (!newest || newest.request_id === read || opened - Date.parse(newest.at) > SHOWN_MS) return null;
  const said = newest.text === MERGED ? words.linked.room.mergedAbove : words.linked.room.answered(timeOf(newest.at), newest.text);
  return (
    <Notice tone="good" action={<Button size="small" onClick={() => setRead(newest.request_id)} data-testid="answer-read">{words.act.close}</Button>}>
      <span role="status" data-testid="answer-line">{said}</span>
    </Notice>
  );
}
