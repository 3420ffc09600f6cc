/** One sentence on what is switched off for a meeting about state secrets. */
import { Notice } from "../ui/notice";
import { useWords } from "../words";
import { isSecret } from "./secrecy";

export function SecretNotice({ marking }: { marking: string | undefined }) {
  const words = useWords();
  return isSecret(marking) ? <Notice tone="warn"><span data-testid="secret-notice">{words.plan.secretNotice}</span></Notice> : null;
}
