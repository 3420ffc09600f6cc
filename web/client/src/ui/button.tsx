import type { AnchorHTMLAttributes, ButtonHTMLAttributes } from "react";
import { Link } from "wouter";
import styles from "./button.module.css";

type Look = "main" | "plain" | "quiet" | "danger" | "air";

interface Extra { look?: Look; size?: "small" | "normal" | "large" }

export function lookOf({ look = "plain", size = "normal" }: Extra, className = ""): string {
  return `${styles.button} ${styles[look]} ${styles[size]} ${className}`;
}

export function Button({ look, size, className, type = "button", ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & Extra) {
  return <button type={type} className={lookOf({ look, size }, className)} {...rest} />;
}

/** A link inside the app that looks like a button. */
export function ButtonLink({ look, size, className, href, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & Extra & { href: string }) {
  return <Link href={href} className={lookOf({ look, size }, className)} {...rest} />;
}

/** A link to a file of the API. */
export function FileLink({ look, size, className, children, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & Extra) {
  return <a className={lookOf({ look, size }, className)} {...rest}>{children}</a>;
}
