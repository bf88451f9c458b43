// Light, dark or as the system: at once on the page, and in a cookie so that the next page comes in the right colours.
const YEAR = 31536000;

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-theme-choice]");
  if (!button) return;
  event.preventDefault();
  const theme = button.dataset.themeChoice;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  document.querySelectorAll("button[data-theme-choice]").forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
});
