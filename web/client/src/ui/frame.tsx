/** The frame around every page but the room: banner, header, skip link, title. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { hasRole, useSession } from "../session/session";
import { useWords } from "../words";
import { Button } from "./button";
import styles from "./frame.module.css";

export function Frame({ title, children, narrow = false, actions, heading = true, kicker }: {
  title: string; children: ReactNode; narrow?: boolean; actions?: ReactNode; heading?: boolean; kicker?: ReactNode;
}) {
  const words = useWords();
  const { session } = useSession();
  useEffect(() => {
    document.title = `${title} – ${words.product}`;
  }, [title, words]);
  return (
    <>
      <a href="#main" className={styles.skip}>{words.nav.skip}</a>
      {session?.banner && <p className={styles.banner} data-testid="demo-banner">{session.banner}</p>}
      <Header />
      <main id="main" tabIndex={-1} className={`${styles.main} ${narrow ? styles.narrow : ""}`}>
        {heading && (
          <div className={styles.heading}>
            <div className={styles.headingText}>{kicker}<h1>{title}</h1></div>
            {actions && <div className={styles.actions}>{actions}</div>}
          </div>
        )}
        {children}
      </main>
    </>
  );
}

function Header() {
  const words = useWords();
  const { session } = useSession();
  const [path] = useLocation();
  const links = [
    { href: "/", label: words.nav.today, show: true },
    { href: "/meetings", label: words.nav.meetings, show: !!session?.person },
    { href: "/archive", label: words.nav.archive, show: !!session?.person },
    { href: "/organisation", label: words.nav.organisation, show: !!session?.person },
    { href: "/settings", label: words.nav.settings, show: hasRole(session, "administrator") },
  ].filter((link) => link.show);
  const active = (href: string) => (href === "/" ? path === "/" : path.startsWith(href));
  return (
    <header className={styles.header}>
      <Link href="/" className={styles.brand}>
        <img src="/icon.svg" alt="" width="28" height="28" />
        <span>{session?.installation.name || words.product}</span>
      </Link>
      {session && (
        <nav className={styles.nav} aria-label={words.nav.main}>
          {links.map((link) => (
            <Link key={link.href} href={link.href} aria-current={active(link.href) ? "page" : undefined}>{link.label}</Link>
          ))}
        </nav>
      )}
      <Account />
    </header>
  );
}

function Account() {
  const words = useWords();
  const { api, session, adopt } = useSession();
  const client = useQueryClient();
  const [, go] = useLocation();
  if (!session) return null;
  const other = session.language === "en" ? "vi" : "en";
  const name = session.person?.name ?? session.site?.unit_title ?? "";
  const switchLanguage = async () => {
    await api.patch("/api/session", { language: other });
    await client.invalidateQueries();
  };
  const leave = async () => {
    await api.delete("/api/session").catch(() => undefined);
    adopt(null);
    go("/login");
  };
  return (
    <div className={styles.account}>
      {session.person ? <Link href="/me" className={styles.name}>{name}</Link> : <span className={styles.name}>{name}</span>}
      <Button look="quiet" size="small" lang={other} data-testid="language" onClick={() => void switchLanguage()}>{other === "en" ? words.nav.english : words.nav.vietnamese}</Button>
      <Button look="quiet" size="small" onClick={() => void leave()}>{words.nav.logOut}</Button>
    </div>
  );
}

export function Card({ children, className = "", ...rest }: { children: ReactNode; className?: string } & Record<string, unknown>) {
  return <section className={`${styles.card} ${className}`} {...rest}>{children}</section>;
}
