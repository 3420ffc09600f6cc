/** Routes. Everything but login and my day is loaded when first visited; media code only in rooms. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import Login from "./pages/login";
import Today from "./pages/today";
import { Api, ApiError } from "./rest/request";
import { SessionProvider, useSession } from "./session/session";
import { Boundary } from "./ui/boundary";
import { Button } from "./ui/button";
import { Frame } from "./ui/frame";
import { Loading, Notice } from "./ui/notice";
import { useWords, WordsProvider } from "./words";

const Room = lazy(() => import("./room/page"));
const Meetings = lazy(() => import("./pages/meetings"));
const MeetingPage = lazy(() => import("./plan/page"));
const EditPage = lazy(() => import("./plan/edit"));
const BoardPage = lazy(() => import("./board/page"));
const TreePage = lazy(() => import("./linked/page"));
const MinutesPage = lazy(() => import("./minutes/page"));
const RecordingPage = lazy(() => import("./minutes/recording"));
const DossierPage = lazy(() => import("./minutes/dossier"));
const ArchivePage = lazy(() => import("./archive/page"));
const OrganisationPage = lazy(() => import("./organisation/page"));
const SettingsPage = lazy(() => import("./settings/page"));
const MePage = lazy(() => import("./settings/me"));
const ResetPage = lazy(() => import("./settings/me").then((module) => ({ default: module.ResetPage })));
const FirstPasswordPage = lazy(() => import("./settings/me").then((module) => ({ default: module.FirstPasswordPage })));
const LinkPage = lazy(() => import("./link/page"));

function newQueryClient(): QueryClient {
  const retry = (count: number, error: unknown) => !(error instanceof ApiError && error.status >= 400 && error.status < 500) && count < 2;
  return new QueryClient({ defaultOptions: { queries: { retry, staleTime: 5_000, refetchOnWindowFocus: true } } });
}

export function App() {
  const [client] = useState(newQueryClient);
  const [api] = useState(() => new Api());
  return (
    <QueryClientProvider client={client}>
      <SessionProvider api={api}><Localised api={api} /></SessionProvider>
    </QueryClientProvider>
  );
}

function Localised({ api }: { api: Api }) {
  const { session } = useSession();
  const language = session?.language ?? "vi";
  api.language = language;
  return (
    <WordsProvider language={language}>
      <Boundary><Suspense fallback={<Loading />}><Pages /></Suspense></Boundary>
    </WordsProvider>
  );
}

function Pages() {
  return (
    <Switch>
      <Route path="/login" component={Login} />
      <Route path="/"><LoggedIn><Today /></LoggedIn></Route>
      <Route path="/j/:token" component={LinkPage} />
      <Route path="/password/:token" component={ResetPage} />
      <Route path="/me"><LoggedIn><MePage /></LoggedIn></Route>
      <Route path="/archive"><LoggedIn><ArchivePage /></LoggedIn></Route>
      <Route path="/organisation"><LoggedIn><OrganisationPage /></LoggedIn></Route>
      <Route path="/settings/:part?"><LoggedIn><SettingsPage /></LoggedIn></Route>
      <Route path="/meetings/:id/tree"><LoggedIn><TreePage /></LoggedIn></Route>
      <Route path="/meetings/:id/board"><LoggedIn><BoardPage /></LoggedIn></Route>
      <Route path="/meetings/:id/minutes"><LoggedIn><MinutesPage /></LoggedIn></Route>
      <Route path="/meetings/:id/recording"><LoggedIn><RecordingPage /></LoggedIn></Route>
      <Route path="/meetings/:id/dossier"><LoggedIn><DossierPage /></LoggedIn></Route>
      <Route path="/meetings"><LoggedIn><Meetings /></LoggedIn></Route>
      <Route path="/meetings/new"><LoggedIn><EditPage /></LoggedIn></Route>
      <Route path="/meetings/:id"><LoggedIn><MeetingPage /></LoggedIn></Route>
      <Route path="/meetings/:id/edit"><LoggedIn><EditPage /></LoggedIn></Route>
      <Route path="/rooms/:id"><LoggedIn><Room /></LoggedIn></Route>
      <Route><NotFound /></Route>
    </Switch>
  );
}

function LoggedIn({ children }: { children: ReactNode }) {
  const words = useWords();
  const { session, loading, unreachable } = useSession();
  const [path] = useLocation();
  if (loading) return <Loading />;
  if (unreachable) return <Notice tone="bad" action={<Button onClick={() => location.reload()}>{words.act.retry}</Button>}>{words.state.offline}</Notice>;
  if (!session) return <Redirect to={path === "/" ? "/login" : `/login?next=${encodeURIComponent(path)}`} replace />;
  if (session.must_change_password) return <FirstPasswordPage />;
  return children;
}

function NotFound() {
  const words = useWords();
  return <Frame title={words.state.notFound} narrow><p /></Frame>;
}
