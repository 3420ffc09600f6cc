import { useEffect, useRef, useState, type FormEvent } from "react";
import { Button } from "../../ui/button";
import { TextArea } from "../../ui/field";
import { useWords } from "../../words";
import { timeOf } from "../../words/when";
import { useCommand, useMay, useNames, useRoom } from "../use-room";
import styles from "./panels.module.css";

export function ChatPanel() {
  const words = useWords();
  const names = useNames();
  const command = useCommand();
  const may = useMay();
  const chat = useRoom((p) => p.state.chat);
  const mine = useRoom((p) => p.welcome?.site_id ?? null);
  const [text, setText] = useState("");
  const end = useRef<HTMLLIElement>(null);
  useEffect(() => void end.current?.scrollIntoView?.({ block: "nearest" }), [chat.length]); // void: newer browsers return a promise
  const post = async (event?: FormEvent) => {
    event?.preventDefault();
    if (text.trim() && (await command("post_chat", { text: text.trim().slice(0, 2000) }))) setText("");
  };
  return (
    <div className={styles.panel}>
      <h2>{words.room.chat}</h2>
      {chat.length === 0 && <p className={styles.empty}>{words.room.chatEmpty}</p>}
      <ul className={styles.messages} data-testid="chat">
        {chat.map((message) => (
          <li key={message.message_id} ref={end} className={`${styles.message} ${message.site_id && message.site_id === mine ? styles.mine : ""}`}>
            <p className={styles.soft}><strong>{message.name || names.unit(message.site_id)}</strong> · {timeOf(message.at)}</p>
            <p>{message.text}</p>
          </li>
        ))}
      </ul>
      {may("post_chat") && (
        <form className={styles.form} onSubmit={(event) => void post(event)}>
          <TextArea label={words.room.chatWrite} value={text} maxLength={2000} rows={2} data-testid="chat-text" onChange={(e) => setText(e.target.value)}
            onKeyDown={(e) => { if (e.key === "Enter" && !e.shiftKey && !e.nativeEvent.isComposing) { e.preventDefault(); void post(); } }} />
          <Button type="submit" look="main" disabled={!text.trim()} data-testid="chat-send">{words.act.send}</Button>
        </form>
      )}
    </div>
  );
}
