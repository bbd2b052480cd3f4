// Shown when the API answers 401. Where the platform signs people in, its session is enough; elsewhere a function key is.

import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { connection, get } from "../api.js";
import { useObservable } from "../live.js";
import { Problem } from "../parts.js";
import { forgetKey, functionKey, keepKey, platformSignsIn, signInAddress } from "../session.js";

export function SignIn({ onSignedIn }) {
  const { signIn } = useObservable(connection);
  const [platform, setPlatform] = useState(null);
  useEffect(() => {
    platformSignsIn().then(setPlatform);
  }, []);
  const wantsKey = signIn?.wantsKey || (platform === false && !signIn?.problem.detail);
  useEffect(() => {
    // the session of the platform is used alone
    if (platform && !wantsKey) forgetKey();
  }, [platform, wantsKey]);
  return html`<div class="signin">
    <h1>Sign in</h1>
    <p>This page holds no data. What it shows comes from the API, which wants to know who asks.</p>
    ${platform && html`<p><a class="button primary" href=${signInAddress()}>Sign in with Microsoft Entra</a></p>`}
    ${!wantsKey && platform !== null && signIn?.problem.detail && html`<${Problem} error=${{ message: signIn.problem.detail, problem: signIn.problem }} />`}
    ${wantsKey && html`<${Key} besides=${platform} onSignedIn=${onSignedIn} />`}
  </div>`;
}

function Key({ besides, onSignedIn }) {
  const [key, setKey] = useState("");
  const [problem, setProblem] = useState(functionKey() ? { message: "The API refused the key that this tab holds." } : null);
  async function tryKey(event) {
    event.preventDefault();
    keepKey(key.trim());
    try {
      await get("freeze");
      onSignedIn();
    } catch (error) {
      forgetKey();
      const refused = besides ? "The API refused. Sign in with Microsoft Entra first, then use the key." : "The API refused this key.";
      setProblem(error.status === 401 ? { message: refused } : error);
    }
  }
  return html`<form onSubmit=${tryKey}>
    ${besides && html`<p class="dim">The API wants a function key besides.</p>`}
    <label class="block">Function key
      <input type="password" autocomplete="off" spellcheck="false" required value=${key} onInput=${(event) => setKey(event.target.value)} />
    </label>
    <p class="dim">It is kept for this tab only, and forgotten when the tab is closed.</p>
    <${Problem} error=${problem} />
    <button type="submit" class="primary" disabled=${!key.trim()}>Use this key</button>
  </form>`;
}
