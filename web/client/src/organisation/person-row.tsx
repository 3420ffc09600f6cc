/** A person of a unit: who it is, and what its administrator does about the entry, the roles and the password. */
import { useEffect, useRef, useState } from "react";
import { ApiError } from "../rest/request";
import type { Person, UnitDetail } from "../rest/types";
import { useApi } from "../session/session";
import { Button } from "../ui/button";
import { ConfirmButton } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { ErrorNotice, Pill } from "../ui/notice";
import { useWords } from "../words";
import { CopyLine } from "./copy-line";
import { AccountForm, PersonEntryForm, RolesForm } from "./forms";
import styles from "./organisation.module.css";
import { standingRole } from "./standing";

export function PersonRow({ person, unit, again }: { person: Person; unit: UnitDetail; again: () => void }) {
  const words = useWords();
  const api = useApi();
  const [link, setLink] = useState<{ url: string; login: string } | null>(null);
  const [opened, setOpened] = useState<"entry" | "roles" | "account" | null>(null);
  const [error, setError] = useState<unknown>(null);
  const row = useRef<HTMLDivElement>(null);
  const justChanged = useRef(false);
  const changed = () => {
    justChanged.current = true;
    setOpened(null);
    again();
  };
  useEffect(() => {
    // the row may stand elsewhere now, or the button that was pressed be gone: the keyboard goes along
    if (justChanged.current && document.activeElement === document.body) row.current?.focus();
    justChanged.current = false;
  }, [person]);
  const attempt = async (act: () => Promise<void>) => {
    try {
      setError(null);
      await act();
    } catch (problem) {
      setError(problem);
    }
  };
  const reset = () => attempt(async () => {
    try {
      setLink(await api.post(`/api/persons/${person.id}/reset-password`));
    } catch (problem) {
      if (!(problem instanceof ApiError && "login" in problem.detail)) throw problem;
      setOpened("account"); // none yet: it needs a name to log in with
    }
  });
  const use = (active: boolean) => attempt(async () => {
    await api.put(`/api/persons/${person.id}`, { name: person.name, email: person.email, phone: person.phone, active });
    changed();
  });
  const here = person.posts?.filter((post) => post.unit_id === unit.id) ?? [];
  return (
    <div className={styles.row} ref={row} tabIndex={-1} data-testid="person" data-person-id={person.id} data-active={person.active}>
      <div>
        <strong>{person.name}</strong> {!person.active && <Pill tone="warn">{words.organisation.personInactive}</Pill>}
        <p className={styles.soft}>{[here.map((post) => post.name).join(", "), person.phone, person.email].filter(Boolean).join(" · ")}</p>
        <p>{person.roles?.map((held) => <Pill key={held.role + held.unit_id}>{standingRole(held.role, words)}</Pill>)}</p>
      </div>
      {person.may_administer && (
        <div className={styles.acts} role="group" aria-label={person.name}>
          <Button size="small" onClick={() => setOpened("entry")} data-testid="edit-person">{words.act.edit}</Button>
          <Button size="small" onClick={() => setOpened("roles")} data-testid="person-roles">{words.organisation.roles}</Button>
          {person.active
            ? (
              <>
                <Button size="small" onClick={() => void reset()} data-testid="reset-password">{words.organisation.resetPassword}</Button>
                <ConfirmButton size="small" look="danger" testId="deactivate-person" ask={words.organisation.deactivateAsk(person.name)} detail={words.organisation.deactivateDetail} act={() => void use(false)}>{words.organisation.deactivate}</ConfirmButton>
              </>
            )
            : <Button size="small" onClick={() => void use(true)} data-testid="reactivate-person">{words.organisation.reactivate}</Button>}
        </div>
      )}
      <ErrorNotice error={error} />
      {link && <Dialog title={words.organisation.resetPassword} onClose={() => setLink(null)}><p>{words.organisation.resetDone}</p><CopyLine text={link.url} /></Dialog>}
      {opened === "account" && <Dialog title={words.organisation.newAccount(person.name)} onClose={() => setOpened(null)} testId="account-dialog"><AccountForm person={person} done={(made) => { setOpened(null); setLink(made); }} /></Dialog>}
      {opened === "entry" && <Dialog title={words.organisation.editPerson(person.name)} onClose={() => setOpened(null)} testId="person-dialog"><PersonEntryForm person={person} unit={unit} done={changed} /></Dialog>}
      {opened === "roles" && <Dialog title={words.organisation.rolesOf(person.name)} onClose={() => setOpened(null)} testId="roles-dialog"><RolesForm person={person} unit={unit} done={changed} /></Dialog>}
    </div>
  );
}
