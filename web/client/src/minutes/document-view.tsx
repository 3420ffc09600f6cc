/** The document itself on the page: the PDF where the browser shows PDFs, otherwise the copy for the screen. */
import { useState, type ReactNode } from "react";
import { Button } from "../ui/button";
import { useWords } from "../words";
import styles from "./minutes.module.css";
import type { Minutes } from "./types";

export function DocumentView({ minutes, children }: { minutes: Minutes; children: ReactNode }) {
  const words = useWords();
  const [open, setOpen] = useState(minutes.status !== "draft" && minutes.status !== "review");
  const pdf = minutes.files.signed_pdf ?? minutes.files.pdf;
  const source = navigator.pdfViewerEnabled && pdf ? `${pdf}?v=${minutes.status}-${minutes.signatures.length}-${minutes.revision}-${minutes.number ?? ""}` : minutes.files.html;
  return (
    <>
      <div className={styles.files}>{source && <Button size="small" aria-expanded={open} onClick={() => setOpen(!open)} data-testid="show-document">{open ? words.minutes.fileHide : words.minutes.fileShow}</Button>}{children}</div>
      {open && source && <iframe className={styles.document} src={source} title={words.minutes.fileView} data-testid="document" />}
    </>
  );
}
