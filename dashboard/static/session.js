// The function key: kept for this tab only, and forgotten with it. Whoever signs in with the platform has a cookie that
// no script can read.

const NAME = "gallerist-function-key";

export function functionKey() {
  return sessionStorage.getItem(NAME) ?? "";
}

export function keepKey(key) {
  sessionStorage.setItem(NAME, key);
}

export function forgetKey() {
  sessionStorage.removeItem(NAME);
}

// Whether the platform offers its own sign-in. It answers with a redirection to Microsoft Entra, which is not followed.
export async function platformSignsIn() {
  try {
    const answer = await fetch("/.auth/login/aad", { redirect: "manual", cache: "no-store" });
    return answer.type === "opaqueredirect";
  } catch {
    return false;
  }
}

// Where the platform's sign-in begins; it leads back to this view.
export function signInAddress() {
  const here = location.pathname + location.hash;
  return `/.auth/login/aad?post_login_redirect_uri=${encodeURIComponent(here)}`;
}
