/** A page that broke says so and offers to load again; most often the server was updated under an open tab. */
import { Component, type ReactNode } from "react";
import { useWords } from "../words";
import { Button } from "./button";
import { Notice } from "./notice";

export class Boundary extends Component<{ children: ReactNode }, { failed: boolean; stale: boolean }> {
  override state = { failed: false, stale: false };

  static getDerivedStateFromError(error: Error) {
    return { failed: true, stale: /dynamically imported|module script/i.test(error.message) };
  }

  override render() {
    return this.state.failed ? <Broken stale={this.state.stale} /> : this.props.children;
  }
}

function Broken({ stale }: { stale: boolean }) {
  const words = useWords();
  return (
    <main style={{ maxWidth: "40rem", margin: "3rem auto", padding: "0 1rem" }}>
      <h1>{words.product}</h1>
      <Notice tone="bad" action={<Button onClick={() => location.reload()}>{words.act.reload}</Button>}>{stale ? words.state.updated : words.state.failed}</Notice>
    </main>
  );
}
