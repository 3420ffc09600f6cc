import { useId, useState, type FormEvent } from "react";
import type { Person, Site, UnitDetail } from "../rest/types";
import { useApi, useSession } from "../session/session";
import { Button } from "../ui/button";
import { Checkbox, TextField } from "../ui/field";
import { LineFields, lineFigures, lineText } from "../ui/line-fields";
import { ErrorNotice } from "../ui/notice";
import { useWords } from "../words";
import { standingRole } from "./standing";
import styles from "./organisation.module.css";

const ROLES = ["secretary", "clerk", "technician", "unit_administrator"] as const;

function useSave(done: () => void) {
  const [error, setError] = useState<unknown>(null);
  const save = async (act: () => Promise<unknown>) => {
    try {
      await act();
      done();
    } catch (problem) {
      setError(problem);
    }
  };
  return { error, save };
}

export function SiteForm({ unitId, site, done }: { unitId: string; site?: Site; done: () => void }) {
  const words = useWords();
  const api = useApi();
  const { error, save } = useSave(done);
  const [form, setForm] = useState({ name: site?.name ?? "", email: site?.email ?? "", technician_phone: site?.technician_phone ?? "", active: site?.active ?? true });
  const [line, setLine] = useState(lineText(site));
  const go = (event: FormEvent) => {
    event.preventDefault();
    const figures = lineFigures(line);
    if (!figures) return;
    const kept = site && { technician_person_id: site.technician_person_id ?? null, protocol_order: site.protocol_order ?? 0 };
    const body = { ...kept, ...form, ...figures, email: form.email || null };
    void save(() => (site ? api.put(`/api/sites/${site.id}`, body) : api.post(`/api/units/${unitId}/sites`, body)));
  };
  return (
    <form className={styles.form} onSubmit={go}>
      <TextField label={words.organisation.name} required value={form.name} onChange={(e) => setForm({ ...form, name: e.target.value })} data-testid="site-name" />
      <TextField label={words.organisation.email} type="email" value={form.email} onChange={(e) => setForm({ ...form, email: e.target.value })} />
      <TextField label={words.organisation.technicianPhone} type="tel" value={form.technician_phone} onChange={(e) => setForm({ ...form, technician_phone: e.target.value })} />
      <LineFields value={line} change={setLine} />
      <Checkbox label={words.organisation.active} checked={form.active} onChange={(e) => setForm({ ...form, active: e.target.checked })} />
      <ErrorNotice error={error} />
      <Button look="main" type="submit" data-testid="save-site">{words.act.save}</Button>
    </form>
  );
}

export function PersonForm({ unit, done }: { unit: UnitDetail; done: () => void }) {
  const words = useWords();
  const api = useApi();
  const { error, save } = useSave(done);
  const [form, setForm] = useState({ name: "", email: "", phone: "", login: "", post: unit.posts[0]?.name ?? "" });
  const go = (event: FormEvent) => {
    event.preventDefault();
    const body = { name: form.name, email: form.email || null, phone: form.phone || null, ...(form.login && { login: form.login }), unit_id: unit.id, post: form.post };
    void save(() => api.post("/api/persons", body));
  };
  return (
    <form className={styles.form} onSubmit={go}>
      <TextField label={words.room.personName} required value={form.name} onChange={(e) => setForm({ ...form, name: e.target.value })} data-testid="person-form-name" />
      <TextField label={words.organisation.posts} required value={form.post} onChange={(e) => setForm({ ...form, post: e.target.value })} data-testid="person-form-post" />
      <TextField label={words.organisation.login} value={form.login} onChange={(e) => setForm({ ...form, login: e.target.value })} />
      <TextField label={words.organisation.email} type="email" value={form.email} onChange={(e) => setForm({ ...form, email: e.target.value })} />
      <TextField label={words.organisation.phone} type="tel" value={form.phone} onChange={(e) => setForm({ ...form, phone: e.target.value })} />
      <ErrorNotice error={error} />
      <Button look="main" type="submit" data-testid="save-person">{words.act.save}</Button>
    </form>
  );
}

/** A login for somebody who has none yet; the answer is the one-time link that opens it. */
export function AccountForm({ person, done }: { person: Person; done: (made: { url: string; login: string }) => void }) {
  const words = useWords();
  const api = useApi();
  const { error, save } = useSave(() => undefined);
  const [login, setLogin] = useState("");
  const go = (event: FormEvent) => {
    event.preventDefault();
    void save(async () => done(await api.post(`/api/persons/${person.id}/reset-password`, { login })));
  };
  return (
    <form className={styles.form} onSubmit={go}>
      <TextField label={words.organisation.login} hint={words.organisation.loginHint} required value={login} onChange={(e) => setLogin(e.target.value)} data-testid="account-login" />
      <ErrorNotice error={error} />
      <Button look="main" type="submit" data-testid="save-account">{words.organisation.makeAccount}</Button>
    </form>
  );
}

/** The entry as it stands, to be put right. Whether it is in use is decided by a button of its own. */
export function PersonEntryForm({ person, unit, done }: { person: Person; unit: UnitDetail; done: () => void }) {
  const words = useWords();
  const api = useApi();
  const known = useId();
  const { error, save } = useSave(done);
  const held = person.posts?.filter((post) => post.unit_id === unit.id).map((post) => post.name) ?? [];
  const [posts, setPosts] = useState(held.length ? held : [""]);
  const [form, setForm] = useState({ name: person.name, email: person.email ?? "", phone: person.phone ?? "" });
  const go = (event: FormEvent) => {
    event.preventDefault();
    const changed = posts.join("\n") !== held.join("\n");
    const body = { name: form.name, email: form.email || null, phone: form.phone || null, active: person.active, ...(changed && { posts: { unit_id: unit.id, names: posts } }) };
    void save(() => api.put(`/api/persons/${person.id}`, body));
  };
  return (
    <form className={styles.form} onSubmit={go}>
      <TextField label={words.room.personName} required value={form.name} onChange={(e) => setForm({ ...form, name: e.target.value })} data-testid="person-entry-name" />
      {posts.map((post, n) => <TextField key={n} label={words.organisation.postHere} hint={n ? undefined : words.organisation.postHint} list={known} value={post} onChange={(e) => setPosts(posts.map((one, m) => (m === n ? e.target.value : one)))} data-testid="person-entry-post" />)}
      <datalist id={known}>{[...new Set(unit.posts.map((post) => post.name))].map((name) => <option key={name} value={name} />)}</datalist>
      <TextField label={words.organisation.email} type="email" value={form.email} onChange={(e) => setForm({ ...form, email: e.target.value })} data-testid="person-entry-email" />
      <TextField label={words.organisation.phone} type="tel" value={form.phone} onChange={(e) => setForm({ ...form, phone: e.target.value })} data-testid="person-entry-phone" />
      <ErrorNotice error={error} />
      <Button look="main" type="submit" data-testid="save-person-entry">{words.act.save}</Button>
    </form>
  );
}

/**
 * Roles of this unit are ticked; those held elsewhere stay as they are. The administrator of the whole installation
 * holds the role in the root unit, wherever the post is, and is made by another one only.
 */
export function RolesForm({ person, unit, done }: { person: Person; unit: UnitDetail; done: () => void }) {
  const words = useWords();
  const api = useApi();
  const { session } = useSession();
  const { error, save } = useSave(done);
  const mayAppoint = session?.roles.some((held) => held.role === "administrator") ?? false;
  const held = person.roles ?? [];
  const wasAdministrator = held.some((one) => one.role === "administrator");
  const elsewhere = held.filter((one) => one.role !== "administrator" && (one.unit_id !== unit.id || !ROLES.some((role) => role === one.role)));
  const [here, setHere] = useState<string[]>(held.filter((one) => one.unit_id === unit.id).map((one) => one.role));
  const [administrator, setAdministrator] = useState(wasAdministrator);
  const go = (event: FormEvent) => {
    event.preventDefault();
    const ofInstallation = !administrator ? [] : wasAdministrator ? held.filter((one) => one.role === "administrator") : [{ role: "administrator", unit_id: unit.above[0]?.id ?? unit.id }];
    const roles = [...elsewhere, ...ofInstallation, ...ROLES.filter((role) => here.includes(role)).map((role) => ({ role, unit_id: unit.id }))];
    void save(() => api.put(`/api/persons/${person.id}/roles`, { roles }));
  };
  return (
    <form className={styles.form} onSubmit={go}>
      {ROLES.map((role) => <Checkbox key={role} label={standingRole(role, words)} checked={here.includes(role)} onChange={(e) => setHere(e.target.checked ? [...here, role] : here.filter((one) => one !== role))} data-testid={`role-${role.replace("_", "-")}`} />)}
      {mayAppoint && <Checkbox label={words.role.administrator} hint={words.organisation.administratorHint} checked={administrator} onChange={(e) => setAdministrator(e.target.checked)} data-testid="role-administrator" />}
      <ErrorNotice error={error} />
      <Button look="main" type="submit" data-testid="save-roles">{words.organisation.saveRoles}</Button>
    </form>
  );
}
