/** A modal dialog on React Aria: focus is kept inside and goes back to where it came from. */
import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useWords } from "../words";
import { Button } from "./button";
import styles from "./dialog.module.css";

export function Dialog({ title, onClose, children, actions, wide = false, testId }: {
  title: string; onClose: () => void; children?: ReactNode; actions?: ReactNode; wide?: boolean; testId?: string;
}) {
  const words = useWords();
  return (
    <ModalOverlay isOpen isDismissable onOpenChange={(open) => !open && onClose()} className={styles.overlay}>
      <Modal className={`${styles.modal} ${wide ? styles.wide : ""}`}>
        <AriaDialog className={styles.dialog} data-testid={testId}>
          <div className={styles.head}>
            <Heading slot="title" className={styles.title}>{title}</Heading>
            <Button look="quiet" size="small" onClick={onClose}>{words.act.close}</Button>
          </div>
          <div className={styles.body}>{children}</div>
          {actions && <div className={styles.actions}>{actions}</div>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
