// Shown when the API answers 401: the platform's own sign-in where there is one, and the function key.

import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { connection, get } from "../api.js";
import { useObservable } from "../live.js";
import { Problem } from "../parts.js";
import { forgetKey, functionKey, keepKey, platformSignsIn, signInAddress } from "../session.js";

export function SignIn({ onSignedIn }) {
  useObservable(connection);
  const [platform, setPlatform] = useState(null);
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState(functionKey() ? { message: "The API refused the key that this tab holds." } : null);
  useEffect(() => {
    platformSignsIn().then(setPlatform);
  }, []);
  async function tryKey(event) {
    event.preventDefault();
    keepKey(key.trim());
    try {
      await get("freeze");
      onSignedIn();
    } catch (error) {
      forgetKey();
      const refused = platform ? "The API refused. Sign in with Microsoft Entra first, then use the key." : "The API refused this key.";
      setProblem(error.status === 401 ? { message: refused } : error);
    }
  }
  return html`<div class="signin">
    <h1>Sign in</h1>
    <p>This page holds no data. What it shows comes from the API, which wants to know who asks.</p>
    ${platform && html`<p><a class="button primary" href=${signInAddress()}>Sign in with Microsoft Entra</a></p>
      <p class="dim">The API wants a function key besides.</p>`}
    <form onSubmit=${tryKey}>
      <label class="block">Function key
        <input type="password" autocomplete="off" spellcheck="false" required value=${key} onInput=${(event) => setKey(event.target.value)} />
      </label>
      <p class="dim">It is kept for this tab only, and forgotten when the tab is closed.</p>
      <${Problem} error=${problem} />
      <button type="submit" class="primary" disabled=${!key.trim()}>Use this key</button>
    </form>
  </div>`;
}
