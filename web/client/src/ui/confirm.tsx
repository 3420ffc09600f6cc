/** A button whose act is asked about first, in a dialog that leaves everything else running. */
import { useState, type ReactNode } from "react";
import { useWords } from "../words";
import { Button } from "./button";
import { Dialog } from "./dialog";

type Look = "main" | "plain" | "quiet" | "danger" | "air";

export function ConfirmButton({ ask, detail, act, children, look = "plain", size = "normal", testId, disabled }: {
  ask: string; detail?: ReactNode; act: () => void; children: ReactNode; look?: Look; size?: "small" | "normal" | "large"; testId?: string; disabled?: boolean;
}) {
  const words = useWords();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button look={look} size={size} disabled={disabled} onClick={() => setOpen(true)} data-testid={testId}>{children}</Button>
      {open && (
        <Dialog title={ask} onClose={() => setOpen(false)} actions={
          <>
            <Button onClick={() => setOpen(false)}>{words.act.cancel}</Button>
            <Button look={look === "danger" ? "air" : "main"} data-testid={testId && `${testId}-confirm`} onClick={() => { setOpen(false); act(); }}>{children}</Button>
          </>
        }>
          {detail && <p>{detail}</p>}
        </Dialog>
      )}
    </>
  );
}
