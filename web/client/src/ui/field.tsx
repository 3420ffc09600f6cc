/** Labelled inputs with hint and error tied to them. */
import { useId, useState, type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes } from "react";
import { useWords } from "../words";
import styles from "./field.module.css";

interface Around { label: string; hint?: string; error?: string | null; hideLabel?: boolean }

function Frame({ id, label, hint, error, hideLabel, children }: Around & { id: string; children: ReactNode }) {
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={hideLabel ? "sr-only" : styles.label}>{label}</label>
      {children}
      {hint && <p id={`${id}-hint`} className={styles.hint}>{hint}</p>}
      {error && <p id={`${id}-error`} className={styles.error}>{error}</p>}
    </div>
  );
}

function describedBy(id: string, hint?: string, error?: string | null): string | undefined {
  return [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
}

export function TextField({ label, hint, error, hideLabel, className = "", ...rest }: Around & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <Frame {...{ id, label, hint, error, hideLabel }}>
      <input id={id} className={`${styles.input} ${className}`} aria-invalid={error ? true : undefined} aria-describedby={describedBy(id, hint, error)} {...rest} />
    </Frame>
  );
}

export function TextArea({ label, hint, error, hideLabel, className = "", rows = 3, ...rest }: Around & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  return (
    <Frame {...{ id, label, hint, error, hideLabel }}>
      <textarea id={id} rows={rows} className={`${styles.input} ${className}`} aria-invalid={error ? true : undefined} aria-describedby={describedBy(id, hint, error)} {...rest} />
    </Frame>
  );
}

export function Select({ label, hint, error, hideLabel, className = "", children, ...rest }: Around & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId();
  return (
    <Frame {...{ id, label, hint, error, hideLabel }}>
      <select id={id} className={`${styles.input} ${className}`} aria-describedby={describedBy(id, hint, error)} {...rest}>{children}</select>
    </Frame>
  );
}

export function Checkbox({ label, hint, error, ...rest }: Around & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label className={styles.check}>
        <input type="checkbox" aria-describedby={describedBy(id, hint, error)} {...rest} />
        <span>{label}</span>
      </label>
      {hint && <p id={`${id}-hint`} className={styles.hint}>{hint}</p>}
      {error && <p id={`${id}-error`} className={styles.error}>{error}</p>}
    </div>
  );
}

/** A file to choose, with our own words: the browser's button speaks the language of the computer. */
export function FileField({ label, hint, error, onChange, ...rest }: Omit<Around, "hideLabel"> & InputHTMLAttributes<HTMLInputElement>) {
  const words = useWords();
  const id = useId();
  const [name, setName] = useState("");
  return (
    <Frame {...{ id, label, hint, error }}>
      <div className={styles.file}>
        <input id={id} type="file" className="sr-only" aria-invalid={error ? true : undefined} aria-describedby={describedBy(id, hint, error)} onChange={(e) => { setName(e.target.files?.[0]?.name ?? ""); onChange?.(e); }} {...rest} />
        <label htmlFor={id} className={styles.choose} aria-hidden="true">{words.act.chooseFile}</label>
        <span className={styles.fileName}>{name || words.act.noFile}</span>
      </div>
    </Frame>
  );
}
