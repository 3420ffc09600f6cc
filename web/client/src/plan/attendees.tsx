/** Replies, delivery and device tests of each invited site; what was not delivered can be handed out by other ways. */
import { useState } from "react";
import type { Attendee, Meeting } from "../rest/types";
import { Button, FileLink } from "../ui/button";
import { Notice, Pill } from "../ui/notice";
import { useWords } from "../words";
import { momentOf } from "../words/when";
import { isSecret } from "./secrecy";
import styles from "./page.module.css";

const REPLY_TONE = { needs_action: "info", accepted: "good", delegated: "good", declined: "warn" } as const;

export function Attendees({ meeting }: { meeting: Meeting }) {
  const words = useWords();
  const sites = [...meeting.sites].sort((a, b) => a.order - b.order);
  const count = (reply: string) => sites.filter((s) => s.reply === reply).length;
  const failed = sites.filter((s) => s.delivery === "failed").length;
  return (
    <>
      <p className={styles.sum} data-testid="reply-sum">{words.plan.siteTotal(sites.length)} · {words.plan.replySum(count("accepted"), count("delegated"), count("declined"), count("needs_action"))}</p>
      {failed > 0 && <Notice tone="warn">{words.plan.undelivered(failed, sites.length)}</Notice>}
      {/* a table wider than a phone scrolls, by keyboard too */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={styles.tableWrap} tabIndex={0} role="region" aria-label={words.plan.replies}>
        <table className={styles.table}>
          <thead><tr><th>{words.plan.order}</th><th>{words.plan.sites}</th><th>{words.plan.reply}</th><th>{words.plan.delivery}</th><th>{words.plan.test}</th><th>{words.plan.technician}</th><th><span className="sr-only">{words.act.copy}</span></th></tr></thead>
          <tbody>{sites.map((site, n) => <Row key={site.site_id} n={n + 1} site={site} meetingId={meeting.id} mailed={!isSecret(meeting.security_marking)} />)}</tbody>
        </table>
      </div>
    </>
  );
}

function Row({ n, site, meetingId, mailed }: { n: number; site: Attendee; meetingId: string; mailed: boolean }) {
  const words = useWords();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(site.link ?? "");
    setCopied(true);
    setTimeout(() => setCopied(false), 2500);
  };
  return (
    <tr data-testid="attendee" data-site-id={site.site_id} data-reply={site.reply} data-link={site.link ?? ""}>
      <td>{n}</td>
      <td><strong>{site.unit_title}</strong>{site.role === "chair" && <> <Pill>{words.plan.chairMark}</Pill></>}</td>
      <td>
        <Pill tone={REPLY_TONE[site.reply]}>{words.reply[site.reply]}</Pill>
        {site.reply_reason && <p>{site.reply_reason}</p>}
        {site.deputy?.name && <p>{site.deputy.name}{site.deputy.post && `, ${site.deputy.post}`}</p>}
      </td>
      <td>{mailed ? words.delivery[site.delivery] : words.plan.secretNoMail}{site.delivery_error && <p className={styles.soft}>{site.delivery_error}</p>}</td>
      <td title={site.tested_at ? momentOf(site.tested_at) : undefined}>{site.tested_at ? words.plan.tested : words.plan.notTested}</td>
      <td>{site.phone && <a href={`tel:${site.phone}`}>{site.phone}</a>}</td>
      <td>
        {site.link && (
          <div className={styles.acts}>
            <Button size="small" onClick={() => void copy()} aria-label={copied ? `${words.act.copied}: ${site.unit_title}` : words.plan.copyLinkOf(site.unit_title)} data-testid="copy-link">{copied ? words.act.copied : words.plan.copyLink}</Button>
            <FileLink size="small" look="quiet" href={`/api/meetings/${meetingId}/invitation.pdf?site=${site.site_id}`} target="_blank" aria-label={words.plan.printA4Of(site.unit_title)}>{words.plan.printA4}</FileLink>
          </div>
        )}
      </td>
    </tr>
  );
}
