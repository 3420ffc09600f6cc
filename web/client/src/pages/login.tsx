import { useState, type FormEvent } from "react";
import { useLocation, useSearch } from "wouter";
import { ApiError } from "../rest/request";
import type { Session } from "../rest/types";
import { useSession } from "../session/session";
import { Button } from "../ui/button";
import { Checkbox, TextField } from "../ui/field";
import { Card, Frame } from "../ui/frame";
import { errorText, Notice } from "../ui/notice";
import { useWords, type Words } from "../words";

function reasonOf(error: unknown, words: Words): string {
  if (error instanceof ApiError && error.status === 401) return error.message || words.login.wrong;
  if (error instanceof ApiError && error.status === 429) return error.message || words.login.tooMany;
  return errorText(error, words);
}

export default function Login() {
  const words = useWords();
  const { api, adopt } = useSession();
  const [, go] = useLocation();
  const next = new URLSearchParams(useSearch()).get("next") ?? "/";
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!login.trim() || !password) return setProblem(words.login.missing);
    setBusy(true);
    setProblem("");
    try {
      adopt(await api.post<Session>("/api/session", { login: login.trim(), password }));
      go(next.startsWith("/") && !next.startsWith("//") ? next : "/");
    } catch (error) {
      setProblem(reasonOf(error, words));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Frame title={words.login.title} narrow>
      <p>{words.tagline}</p>
      <Card>
        <form onSubmit={(event) => void submit(event)} noValidate style={{ display: "grid", gap: "1rem" }}>
          {problem && <Notice tone="bad">{problem}</Notice>}
          <TextField label={words.login.name} name="login" autoComplete="username" autoFocus value={login} onChange={(e) => setLogin(e.target.value)} data-testid="login-name" />
          <TextField label={words.login.password} name="password" type={shown ? "text" : "password"} autoComplete="current-password" value={password} onChange={(e) => setPassword(e.target.value)} data-testid="login-password" />
          <Checkbox label={words.login.show} checked={shown} onChange={(e) => setShown(e.target.checked)} />
          <Button look="main" size="large" type="submit" disabled={busy} data-testid="login-submit">{busy ? words.login.submitting : words.login.submit}</Button>
        </form>
      </Card>
      <p>{words.login.hint}</p>
      <p>{words.login.forgotten}</p>
    </Frame>
  );
}
